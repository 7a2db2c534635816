namespace XmtpOrleans.Grains.Originators;

/// <summary>What a read of a log's ring found.</summary>
public enum FeedStatus
{
    /// <summary>Batches from the asked position on, or none when nothing came while the call waited.</summary>
    Current = 0,

    /// <summary>The asked position is older than the ring: read the store first. The reply carries the oldest batches of the ring, if it has any.</summary>
    OlderThanRing = 1,

    /// <summary>The activation is ending: ask again, another will answer.</summary>
    Ending = 2,
}
