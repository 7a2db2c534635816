namespace XmtpOrleans.Grains.Feeds;

/// <summary>What a stream hands out next.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Entries">The entries, per originator ascending; empty unless <see cref="FeedStreamKind.Entries"/>.</param>
public readonly record struct FeedStreamBatch(FeedStreamKind Kind, FeedEntries Entries)
{
    /// <summary>A batch that carries no entries.</summary>
    public static FeedStreamBatch Of(FeedStreamKind kind) => new(kind, FeedEntries.Empty);
}
