namespace XmtpOrleans.Grains.Originators;

/// <summary>How one publish request ended; a refusal is a value, not an exception.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.publish-outcome")]
public sealed class PublishOutcome
{
    /// <summary>How it ended.</summary>
    [Id(0)] public required PublishStatus Status { get; init; }

    /// <summary>The stored originator envelopes, one for each entry at the same index; empty unless accepted.</summary>
    [Id(1)] public byte[][] Envelopes { get; init; } = [];

    /// <summary>How long the caller should wait before it tries again; zero when that is not worth it.</summary>
    [Id(2)] public TimeSpan RetryAfter { get; init; }

    /// <summary>Index of the entry that caused the refusal; zero when it concerns the whole request.</summary>
    [Id(3)] public int EntryIndex { get; init; }

    /// <summary>Whether <see cref="Status"/> is <see cref="PublishStatus.Accepted"/>.</summary>
    public bool IsAccepted => Status == PublishStatus.Accepted;
}
