using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

public sealed class LiveFeedClusterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Publish_OnEverySilo_ReachesEveryProcessOnceInOrder()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.SubscribedAsync();
        var readings = cluster.Processes.Select(process => LiveFeedCluster.ReadAsync(process, count: 120)).ToList();

        for (var round = 0; round < 40; round++)
        {
            await Task.WhenAll(cluster.Silos.Select(silo => cluster.PublishAsync(silo, $"{round} {silo.Name}")));
        }

        foreach (var reading in readings) Assert.Equal(LiveFeedCluster.UpTo(120), await reading);
    }

    [Fact]
    public async Task Steady_PublishingAndIdle_OnlyTheLogsQueueReadsTheLog()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        var (gaps, lookUps) = (0, 0);
        cluster.Grains.Store.Before = call =>
        {
            if (call == StoreCall.ReadLog) Interlocked.Increment(ref gaps);
            if (call == StoreCall.ReadQueueSlots) Interlocked.Increment(ref lookUps);
            return Task.CompletedTask;
        };
        await cluster.FlowingAsync();

        // Publishing: each commit is read once, by its queue, and no process asks the log or the store. One that was late by a second, because the
        // machine was busy, asks: then it is tried again.
        var (before, asked, published) = (0, int.MaxValue, 1);
        for (var attempt = 0; attempt < 5 && (asked > 60 || gaps > 0); attempt++)
        {
            await cluster.CarriedAsync(TestPublishes.Node);
            (before, gaps, published) = (cluster.Reads.All, 0, published + 50);
            var readings = cluster.Processes.Select(process => LiveFeedCluster.ReadAsync(process, published)).ToList();
            for (var number = 0; number < 50; number++) await cluster.PublishAsync(cluster.Silos[number % 3], $"{attempt} {number}");
            foreach (var reading in readings) Assert.Equal(LiveFeedCluster.UpTo(published), await reading);
            asked = cluster.Reads.All - before;
        }

        Assert.Equal(0, gaps);
        Assert.InRange(asked, 1, 60);

        // Idle: one long poll a second for the log; the 63 queues that nobody owns share a look-up on each silo.
        (before, lookUps) = (cluster.Reads.All, 0);
        await Task.Delay(TimeSpan.FromSeconds(3), Cancellation);
        Assert.InRange(cluster.Reads.All - before, 1, 5);
        Assert.Equal(cluster.Reads.All, cluster.Reads.Of(TestPublishes.Node.Value) + cluster.Reads.Of(0) + cluster.Reads.Of(1));
        Assert.InRange(lookUps, 0, 6);
    }

    [Fact]
    public async Task Chaos_SilosKilledAddedAndTheLogMoved_EveryProcessSeesEverythingOnceInOrder()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.FlowingAsync();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var survivor = cluster.Silos[0];
        var all = new[] { cluster.Front, survivor.ServiceProvider }.Select(process => FollowAsync(process, stop.Token)).ToList();
        var published = 1;
        var publishing = PublishAsync();
        try
        {
            await cluster.Grains.Cluster.KillSiloAsync(cluster.Silos.First(silo => silo != survivor), Cancellation);
            await PublishedAsync(50);
            var added = await cluster.Grains.Cluster.StartAdditionalSiloAsync();
            await PublishedAsync(50);
            await MoveAsync(added);
            await PublishedAsync(50);
            await cluster.Grains.Cluster.KillSiloAsync(added, Cancellation);
            var last = await cluster.Grains.Cluster.StartAdditionalSiloAsync();
            await PublishedAsync(50);
            await MoveAsync(survivor);
            await cluster.Grains.Cluster.StopSiloAsync(cluster.Silos.First(silo => silo != survivor && silo != last), Cancellation);
            await PublishedAsync(50);
        }
        finally
        {
            stop.Cancel();
        }

        await publishing;
        foreach (var process in cluster.Processes)
        {
            Assert.Equal(LiveFeedCluster.UpTo(published), await LiveFeedCluster.ReadAsync(process, published));
        }

        foreach (var positions in await Task.WhenAll(all)) Assert.Equal(LiveFeedCluster.UpTo(positions.Count), positions);

        async Task PublishAsync()
        {
            while (!stop.IsCancellationRequested)
            {
                await cluster.PublishAsync(survivor, $"{published}");
                Interlocked.Increment(ref published);
            }
        }

        async Task PublishedAsync(int more)
        {
            var from = Volatile.Read(ref published);
            await Eventually.TrueAsync(() => Volatile.Read(ref published) >= from + more || publishing.IsFaulted, $"{more} more are published");
            if (publishing.IsFaulted) await publishing;
        }

        // A grain that is there already would be waited for without end.
        async Task MoveAsync(InProcessSiloHandle silo)
        {
            if (cluster.Grains.HostOf(cluster.Grains.Sequencer) == silo) return;
            await cluster.Grains.Cluster.MigrateAsync(cluster.Grains.Sequencer, silo.SiloAddress).WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        }
    }

    [Fact]
    public async Task Subscription_RemovedBehindTheProcess_IsRenewedAndNothingIsMissed()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.FlowingAsync();
        var readings = cluster.Processes.Select(process => LiveFeedCluster.ReadAsync(process, count: 12)).ToList();
        var removed = await cluster.SubscriptionsAsync();
        foreach (var subscription in removed) await cluster.RemoveAsync(subscription);
        Assert.Empty(await cluster.SubscriptionsAsync());

        await cluster.PublishAsync(cluster.Silos[0], "unheard");
        await cluster.SubscribedAsync();
        for (var number = 0; number < 10; number++) await cluster.PublishAsync(cluster.Silos[1], $"{number}");

        foreach (var reading in readings) Assert.Equal(LiveFeedCluster.UpTo(12), await reading);
        Assert.Empty((await cluster.SubscriptionsAsync()).Select(subscription => subscription.SubscriptionId)
            .Intersect(removed.Select(subscription => subscription.SubscriptionId)));
    }

    [Fact]
    public async Task Process_Killed_ItsSubscriptionGoesAndTheOthersAreNotHeldBack()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.FlowingAsync();
        var killed = cluster.Silos[2];
        var readings = cluster.Processes.Where(process => process != killed.ServiceProvider)
            .Select(process => LiveFeedCluster.ReadAsync(process, count: 11)).ToList();

        await cluster.Grains.Cluster.KillSiloAsync(killed, Cancellation);
        for (var number = 0; number < 10; number++) await cluster.PublishAsync(cluster.Silos[0], $"{number}");

        foreach (var reading in readings) Assert.Equal(LiveFeedCluster.UpTo(11), await reading);
        await cluster.SubscribedAsync(exactly: true);
    }

    [Fact]
    public async Task Process_StopsOrderly_LeavesNoSubscriptionBehind()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.FlowingAsync();

        await cluster.Grains.Cluster.StopSiloAsync(cluster.Silos[2], Cancellation);

        Assert.Equal(3, (await cluster.SubscriptionsAsync()).Count);
    }

    [Fact]
    public async Task Process_TakesNoDelivery_OthersGetEverythingAtOnce()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.FlowingAsync();
        var process = cluster.Silos[1].ServiceProvider;
        await using var stuck = await StuckSubscriber.SubscribeAsync(process);
        var readings = cluster.Processes.Where(other => other != process).Select(other => LiveFeedCluster.ReadAsync(other, count: 301)).ToList();
        for (var number = 0; number < 100; number++) await cluster.PublishAsync(cluster.Silos[0], $"{number}");
        await stuck.Reached.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        var gaps = 0;
        cluster.Grains.Store.Before = call =>
        {
            if (call == StoreCall.ReadLog) Interlocked.Increment(ref gaps);
            return Task.CompletedTask;
        };

        for (var number = 0; number < 200; number++) await cluster.PublishAsync(cluster.Silos[0], $"more {number}");

        foreach (var reading in readings) Assert.Equal(LiveFeedCluster.UpTo(301), await reading);
        Assert.Equal(0, gaps);
        Assert.Equal(1, stuck.Deliveries);
    }

    [Fact]
    public async Task Log_FirstEntryAtRunTime_IsCarriedByItsQueueFromThenOn()
    {
        await using var cluster = await LiveFeedCluster.StartAsync();
        await cluster.FlowingAsync();
        await using var stream = LiveFeedCluster.FeedOf(cluster.Front).FollowOriginators([OriginatorId.GroupMessagesChain], Cursor.Empty);

        for (var number = 1; number <= 2; number++)
        {
            cluster.Grains.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit($"{number}"));
            Assert.Equal([(ulong)number], await LiveFeedCluster.ReadAsync(stream, 1));
        }

        Assert.Contains(OriginatorId.GroupMessagesChain, (await cluster.Grains.Store.ReadQueueSlotsAsync(Cancellation)).Keys);
        await cluster.CarriedAsync(OriginatorId.GroupMessagesChain);
    }

    // What a reader gets who is there all the time.
    private static async Task<List<ulong>> FollowAsync(IServiceProvider process, CancellationToken stop)
    {
        await using var stream = LiveFeedCluster.FeedOf(process).FollowOriginators([TestPublishes.Node], Cursor.Empty);
        var positions = new List<ulong>();
        try
        {
            while (true)
            {
                var batch = await stream.ReadAsync(Timeout.InfiniteTimeSpan, stop);
                Assert.NotEqual(FeedStreamKind.FeedLost, batch.Kind);
                positions.AddRange(batch.Entries.Select(entry => entry.Sequence.Value));
            }
        }
        catch (OperationCanceledException)
        {
            return positions;
        }
    }
}
