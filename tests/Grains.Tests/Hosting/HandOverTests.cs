using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>Silos that leave, one after the other, under publishes that nobody repeats behind the batcher.</summary>
public sealed class HandOverTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MoveAway_UnderLoad_FailsNoPublishAndNothingComesBack()
    {
        await using var cluster = await GrainCluster.StartAsync(3);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var leaving = cluster.HostOf(cluster.Sequencer);
        await using var load = new PublishStream(cluster, cluster.Silos.Where(silo => silo != leaving));
        await using var own = new PublishStream(cluster, [leaving]);
        await load.AcceptedAsync(20);

        await HandOver(leaving).MoveAwayAsync(Cancellation);

        Assert.NotEqual(leaving, cluster.HostOf(cluster.Sequencer));
        Assert.Empty(leaving.ServiceProvider.GetRequiredService<HostedLogs>().Current);
        await own.AcceptedAsync(20); // its own front publishes on until it stops
        await own.StopAsync();
        await cluster.Cluster.StopSiloAsync(leaving, Cancellation);
        Assert.NotEqual(leaving, cluster.HostOf(cluster.Sequencer));
        await load.AcceptedAsync(20);

        await load.StopAsync();
        Assert.Equal(load.Accepted + own.Accepted + 1, cluster.Store.Rows(TestPublishes.Node).Count);
    }

    [Fact]
    public async Task Stop_EverySiloInTurn_FailsNoPublish()
    {
        await using var cluster = await GrainCluster.StartAsync(2);
        var stays = await cluster.Cluster.StartAdditionalSiloAsync();
        await using var load = new PublishStream(cluster, [stays]);
        await load.AcceptedAsync(5);
        foreach (var silo in cluster.Silos.Where(silo => silo != stays).ToArray())
        {
            await cluster.Cluster.StopSiloAsync(silo, Cancellation);
            await load.AcceptedAsync(20);
        }

        await load.StopAsync();
        Assert.Equal(stays, cluster.HostOf(cluster.Sequencer));
        Assert.Equal(load.Accepted, cluster.Store.Rows(TestPublishes.Node).Count);
    }

    [Fact]
    public async Task MoveAway_AllLogsOfTheSilo_LiveElsewhere()
    {
        await using var cluster = await GrainCluster.StartAsync(3);
        var logs = new[] { OriginatorId.GroupMessagesChain, OriginatorId.IdentityUpdatesChain }
            .Select(originator => cluster.Cluster.Client.GetGrain<IChainLogGrain>(originator.Value)).ToArray();
        foreach (var log in logs) await log.FollowAsync();
        var leaving = cluster.HostOf(logs[0]);

        await HandOver(leaving).MoveAwayAsync(Cancellation);

        Assert.DoesNotContain(leaving, logs.Select(cluster.HostOf));
    }

    // Orleans lets an activation end only when it executes no call, and every process always has a read waiting at each log.
    [Fact]
    public async Task MoveAway_ReadsWaitAtTheLogs_MovesWithoutThem()
    {
        await using var cluster = await GrainCluster.StartAsync(2);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        IOriginatorLog[] logs = [cluster.Sequencer, cluster.Cluster.Client.GetGrain<IChainLogGrain>(OriginatorId.GroupMessagesChain.Value)];
        await logs[1].HeadAsync();
        foreach (var log in logs)
        {
            var leaving = cluster.HostOf(log);
            var read = log.ReadAsync(await log.HeadAsync(), 1_000, TimeSpan.FromMinutes(5));
            await log.HeadAsync(); // by the same way, so that the read is there

            await HandOver(leaving).MoveAwayAsync(Cancellation);

            Assert.NotEqual(leaving, cluster.HostOf(log));
            Assert.Equal(FeedStatus.Ending, (await read).Status);
        }
    }

    [Fact]
    public async Task Stop_ReadsWaitAtTheLogs_StopsWithoutThem()
    {
        await using var cluster = await GrainCluster.StartAsync(1);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        IOriginatorLog[] logs = [cluster.Sequencer, cluster.Cluster.Client.GetGrain<IChainLogGrain>(OriginatorId.GroupMessagesChain.Value)];
        var reads = new List<Task<FeedReply>>();
        foreach (var log in logs)
        {
            reads.Add(log.ReadAsync(await log.HeadAsync(), 1_000, TimeSpan.FromMinutes(5)));
            await log.HeadAsync(); // by the same way, so that the read is there
        }

        var started = Stopwatch.GetTimestamp();
        await cluster.Cluster.StopSiloAsync(cluster.Silos[0], Cancellation);
        TestContext.Current.TestOutputHelper?.WriteLine($"stopped in {Stopwatch.GetElapsedTime(started)}");

        // Each was answered; one that was cut off, or ended by its own limit, would have failed.
        Assert.All(await Task.WhenAll(reads), static reply => Assert.Equal(FeedStatus.Ending, reply.Status));
    }

    [Fact]
    public async Task MoveAway_AloneInTheCluster_KeepsItsLogs()
    {
        await using var cluster = await GrainCluster.StartAsync(1);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);

        await HandOver(cluster.Silos[0]).MoveAwayAsync(Cancellation);

        Assert.True((await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("second"), Cancellation)).IsAccepted);
    }

    private static ILogHandOver HandOver(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<ILogHandOver>();
}
