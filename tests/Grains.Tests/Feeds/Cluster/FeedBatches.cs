using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

/// <summary>Commits of the node's log, ten bytes an entry.</summary>
internal static class FeedBatches
{
    public static FeedBatch Batch(ulong previous, ulong last) => new()
    {
        Previous = new SequenceId(previous),
        Last = new SequenceId(last),
        Entries =
        [
            .. Enumerable.Range((int)previous + 1, (int)(last - previous)).Select(sequence => new LogEntry
            {
                Originator = TestPublishes.Node,
                Sequence = new SequenceId((ulong)sequence),
                OriginatorNs = sequence,
                ArrivalUs = sequence,
                ExpirySeconds = LogEntry.NeverExpires,
                Topic = TestPublishes.Group(),
                Bytes = new byte[10],
            }),
        ],
    };

    public static FeedContainer Container(params FeedBatch[] batches) => new() { Originator = TestPublishes.Node, Batches = batches };

    public static FeedReply Reply(FeedStatus status, ulong head, params FeedBatch[] batches) =>
        new() { Status = status, Head = new SequenceId(head), Batches = batches };
}
