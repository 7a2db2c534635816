using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Feeds;

public sealed class SlowStreamTests
{
    private const int Streams = 10_000;
    private const int Commits = 300;
    private static readonly OriginatorId Node = new(100);

    [Fact]
    public async Task TenThousandStreamsThatNobodyReads_HoldNoMoreThanTheirBounds()
    {
        var model = new FeedModel(TimeProvider.System);
        var options = new FeedOptions { StreamBacklog = 8, RingCount = 64 };
        var hub = new FeedHub(
            model, model.Store, [], Options.Create(options), new FeedMetrics(new NoMeters()), TimeProvider.System, NullLogger<FeedHub>.Instance);
        var streams = Enumerable.Range(0, Streams)
            .Select(number => (FeedStream)hub.FollowTopics([.. Followed(number).Select(topic => new TopicPosition(topic, Cursor.Empty))]))
            .ToList();

        var entries = Apply(hub);
        GC.Collect();

        Assert.InRange(streams.Sum(stream => (long)stream.Backlog), 0, Streams * options.StreamBacklog);
        Assert.Equal((options.RingCount, options.RingCount * 1_000L), hub.CountKept());
        Assert.InRange(entries.Count(entry => entry.TryGetTarget(out _)), options.RingCount, options.RingCount);

        foreach (var stream in streams) await stream.DisposeAsync();
        Assert.Equal((0, 0, 0), hub.CountRegistrations());
    }

    // Some streams overflow their lists, others queue what the ring has long dropped.
    private static IEnumerable<Topic> Followed(int number) =>
        number % 2 == 0 ? [FeedModel.TopicOf(0), FeedModel.TopicOf(1)] : [FeedModel.TopicOf(2 + (number % 200))];

    [MethodImpl(MethodImplOptions.NoInlining)] // so that nothing here keeps the entries alive
    private static List<WeakReference<LogEntry>> Apply(FeedHub hub)
    {
        var entries = new List<WeakReference<LogEntry>>();
        for (ulong sequence = 1; sequence <= Commits; sequence++)
        {
            var entry = new LogEntry
            {
                Originator = Node,
                Sequence = new SequenceId(sequence),
                OriginatorNs = (long)sequence,
                ArrivalUs = (long)sequence,
                ExpirySeconds = LogEntry.NeverExpires,
                Topic = FeedModel.TopicOf((int)sequence % 4 == 0 ? 3 + (int)(sequence / 4 * 2 % 200) : (int)sequence % 2),
                Bytes = new byte[1_000],
            };
            hub.Apply(Node, entry.Sequence, [entry], replayed: false);
            entries.Add(new WeakReference<LogEntry>(entry));
        }

        return entries;
    }
}
