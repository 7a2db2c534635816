namespace XmtpOrleans.Grains.Originators;

/// <summary>Where a page of entries is cut. A page always holds at least one entry when one exists.</summary>
/// <param name="Count">Most entries.</param>
/// <param name="Bytes">Most bytes of envelopes; a single larger envelope goes alone.</param>
public readonly record struct PageLimit(int Count, int Bytes);
