using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Entries that were committed together, with the position before them, so that a reader notices what it missed.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.feed-batch")]
public sealed class FeedBatch
{
    /// <summary>The mark of the log before this batch.</summary>
    [Id(0)] public required SequenceId Previous { get; init; }

    /// <summary>The mark after it; beyond the last entry when the batch recorded rejected positions.</summary>
    [Id(1)] public required SequenceId Last { get; init; }

    /// <summary>The entries, ascending.</summary>
    [Id(2)] public required LogEntry[] Entries { get; init; }
}
