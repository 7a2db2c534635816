using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class ChainLogClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Follow_NobodyAsks_EverySiloKeepsTheLogsAlive(short silos)
    {
        await using var cluster = await GrainCluster.StartAsync(silos);

        Emit(cluster, "a");
        Emit(cluster, "b");

        await Eventually.TrueAsync(() => cluster.Store.Rows(OriginatorId.GroupMessagesChain).Count == 2, "both events are stored");
    }

    [Fact]
    public async Task Follow_ItsSiloIsKilled_AnotherContinuesTheLog()
    {
        await using var cluster = await GrainCluster.StartAsync(
            3, settings: new() { ["ChainLog:FollowPeriod"] = "00:00:00.2" });
        Emit(cluster, "a");
        await Eventually.TrueAsync(() => cluster.Store.Rows(OriginatorId.GroupMessagesChain).Count == 1, "the first event is stored");
        var log = cluster.Cluster.Client.GetGrain<IChainLogGrain>(0);

        await cluster.Cluster.KillSiloAsync(cluster.HostOf(log), TestContext.Current.CancellationToken);
        Emit(cluster, "b");

        await Eventually.TrueAsync(() => cluster.Store.Rows(OriginatorId.GroupMessagesChain).Count == 2, "the second event is stored");
        Assert.Equal([1UL, 2], cluster.Store.Rows(OriginatorId.GroupMessagesChain).Select(row => row.Entry.Sequence.Value));
    }

    [Fact]
    public async Task MoveAway_NobodyNamesTheLog_ItFollowsOnWhereItCameTo()
    {
        await using var cluster = await GrainCluster.StartAsync(2, settings: new() { ["ChainLog:FollowPeriod"] = "00:05:00" });
        Emit(cluster, "a");
        await Eventually.TrueAsync(() => cluster.Store.Rows(OriginatorId.GroupMessagesChain).Count == 1, "the first event is stored");
        var leaving = cluster.HostOf(cluster.Cluster.Client.GetGrain<IChainLogGrain>(0));

        await leaving.ServiceProvider.GetRequiredService<ILogHandOver>().MoveAwayAsync(TestContext.Current.CancellationToken);
        Emit(cluster, "b");

        await Eventually.TrueAsync(() => cluster.Store.Rows(OriginatorId.GroupMessagesChain).Count == 2, "the second event is stored");
    }

    private static void Emit(GrainCluster cluster, string text) =>
        cluster.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit(text));
}
