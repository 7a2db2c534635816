namespace XmtpOrleans.Grains.Feeds;

/// <summary>What a <see cref="FeedStreamBatch"/> is.</summary>
public enum FeedStreamKind
{
    /// <summary>Entries of history or of the live feed; at least one.</summary>
    Entries = 0,

    /// <summary>Everything up to the ceiling that stood when the stream opened was handed out; comes once.</summary>
    CaughtUp = 1,

    /// <summary>The feed of this process is behind and does not advance: the stream ends, resume elsewhere or later.</summary>
    FeedLost = 2,

    /// <summary>Nothing to hand out for now: nothing came for the time the reader named, or the reader was so slow that the stream goes back
    /// to history. A good moment for a keep-alive; read on.</summary>
    Idle = 3,
}
