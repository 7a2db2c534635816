using Orleans.Streams;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;
using static XmtpOrleans.Grains.Tests.Feeds.Cluster.FeedBatches;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

public sealed class FeedQueueCacheTests
{
    [Fact]
    public void MoveNext_SeveralCommitsWait_ComeTogetherWithinTheBytes()
    {
        var cache = Filled(1, 2, 3, 4, 5);
        using var cursor = Cursor(cache, 0);

        Assert.Equal([[], [1, 2, 3], [4, 5]], Deliveries(cursor));
    }

    [Fact]
    public void MoveNext_CaughtUp_GoesOnWithWhatComes()
    {
        var cache = Filled(1);
        using var cursor = Cursor(cache, 0);
        Assert.Equal([[], [1]], Deliveries(cursor));

        cache.AddToCache([Container(Batch(1, 2))]);

        Assert.Equal([[2]], Deliveries(cursor));
    }

    [Fact]
    public void MoveNext_ConsumerHasSeenACommit_IsThatAloneFirst()
    {
        var cache = Filled(1, 2, 3, 4);
        using var cursor = Cursor(cache, 2);

        Assert.Equal([[2], [3, 4]], Deliveries(cursor));
    }

    [Fact]
    public void MoveNext_WhatTheConsumerHasSeenIsNotKept_StepsOverNothing()
    {
        var cache = Filled(11, 12);
        using var cursor = Cursor(cache, 7);

        Assert.Equal(QueueCacheCursorMoveResult.Success, cursor.MoveNextWithResult()); // what an agent does at once after it was told what was seen

        Assert.Equal([[11, 12]], Deliveries(cursor));
    }

    [Fact]
    public void MoveNext_NothingIsThereYet_WaitsForIt()
    {
        var cache = Filled();
        using var cursor = Cursor(cache, 0);

        Assert.NotEqual(QueueCacheCursorMoveResult.Success, cursor.MoveNextWithResult());

        cache.AddToCache([Container(Batch(0, 1))]);
        Assert.Equal([[], [1]], Deliveries(cursor));
    }

    [Fact]
    public void MoveNext_ConsumerLagsBehindWhatIsKept_GoesOnWithTheOldest()
    {
        var cache = Filled(1, 2);
        using var cursor = Cursor(cache, 0);
        Assert.Equal(QueueCacheCursorMoveResult.Success, cursor.MoveNextWithResult());
        for (ulong last = 3; last <= 20; last++) cache.AddToCache([Container(Batch(last - 1, last))]);

        Assert.Equal([[15, 16, 17], [18, 19, 20]], Deliveries(cursor));
        Assert.False(cache.IsUnderPressure());
    }

    [Fact]
    public void MoveNext_NoTokenNamed_ShowsOnlyWhatComes()
    {
        var cache = Filled(1, 2);
        using var cursor = cache.GetCacheCursor(LiveFeed.StreamOf(TestPublishes.Node), null);
        cache.AddToCache([Container(Batch(2, 3))]);

        Assert.Equal([[3]], Deliveries(cursor));
    }

    private static FeedQueueCache Filled(params ulong[] lasts)
    {
        var cache = new FeedQueueCache(maxBatches: 6, maxBytes: 1_000, deliveryBytes: 30);
        foreach (var last in lasts) cache.AddToCache([Container(Batch(last - 1, last))]);
        return cache;
    }

    private static IQueueCacheCursor Cursor(FeedQueueCache cache, ulong seen) =>
        cache.GetCacheCursor(LiveFeed.StreamOf(TestPublishes.Node), LiveFeed.TokenOf(new SequenceId(seen)));

    private static List<ulong[]> Deliveries(IQueueCacheCursor cursor)
    {
        var deliveries = new List<ulong[]>();
        while (cursor.MoveNextWithResult() == QueueCacheCursorMoveResult.Success)
        {
            var container = (FeedContainer)cursor.GetCurrent(out _)!;
            deliveries.Add([.. container.GetEvents<FeedBatch>().Select(told => told.Item1.Last.Value)]);
            Assert.Equal(LiveFeed.TokenOf(container.Batches[^1].Last), container.SequenceToken);
        }

        return deliveries;
    }
}
