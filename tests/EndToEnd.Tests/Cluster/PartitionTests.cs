using System.Diagnostics;
using Grpc.Core;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>The sequencer's silo lives, but packets of it are lost: to other silos, to the database, or all. Publishes flow again without it where the others
/// are most, nothing is stored twice, and it heals by itself. The fronts alone reach every silo, as long as that one is not cut from everything.</summary>
public sealed class PartitionTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BusyMachine = TimeSpan.FromSeconds(10); // as well, unless the run is a measurement
    private static readonly bool IsMeasurement = Environment.GetEnvironmentVariable("XMTP_CLUSTER_MEASURE") is { Length: > 0 };

    private readonly Witness _witness = new();

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public Task Cut_SequencersHostFromTheOtherSilos_PublishesFlowAgainAndItEnds(bool isNotHeard, bool doesNotHear) => RunAsync(async cut =>
    {
        foreach (var other in cut.Others)
        {
            if (isNotHeard) cut.Network.Cut(cut.Index, other);
            if (doesNotHear) cut.Network.Cut(other, cut.Index);
        }

        await EndsByItselfAsync(cut);
        cut.Network.Heal();
        await cut.Lost.StartAsync();
    });

    [Fact]
    public Task Cut_SequencersHostFromOneOtherSilo_OthersPublishAndItHeals() => RunAsync(async cut =>
    {
        cut.Network.Cut(cut.Index, cut.Others[0]);
        cut.Network.Cut(cut.Others[0], cut.Index);
        await cut.Load.WaitForAnswersAsync(1_000);
        await LeavesTheBalancerAsync(cut.Cluster.Silos[cut.Others[0]]);
        var third = cut.Cluster.Silos[cut.Others[1]];
        Assert.True((await third.ReadinessAsync()).IsReady);
        using (var client = new OperatorClient(third.Rpc)) await client.CheckHealthAsync();
        cut.Network.Heal();
        foreach (var silo in cut.Cluster.Silos)
        {
            await RestartIfEndedAsync(silo);
            await silo.WaitForReadinessAsync(isReady: true);
            using var client = new OperatorClient(silo.Rpc);
            await client.CheckHealthAsync();
        }
    }, isThroughSilos: true); // a front alone whose calls Orleans sends through the cut silo publishes nothing meanwhile

    [Fact]
    public Task Cut_SequencersHostFromTheDatabase_PublishesFlowAgainAndItHeals() => RunAsync(async cut =>
    {
        cut.Network.CutFromDatabase(cut.Index);
        await cut.Load.WaitForAnswersAsync(500);
        cut.Network.Heal();
        await cut.Lost.WaitForReadinessAsync(isReady: true);
    });

    [Fact]
    public Task Cut_SequencersHostFromTheDatabaseForLong_EndsAndItsNextStartWaitsForIt() => RunAsync(async cut =>
    {
        cut.Network.CutFromDatabase(cut.Index);
        await EndsByItselfAsync(cut);
        Assert.Contains("this process ends, so that others take its grains", cut.Lost.Output, StringComparison.Ordinal);
        await cut.Lost.StartUntilLiveAsync();
        Assert.False((await cut.Lost.ReadinessAsync()).IsReady);
        await cut.Load.WaitForAnswersAsync(500); // whatever lived there lives elsewhere
        cut.Network.Heal();
        await cut.Lost.WaitForReadinessAsync(isReady: true);
    });

    [Fact]
    public Task Cut_SequencersHostFromEverything_PublishesFlowAgainAndItEndsWhenItIsBack() => RunAsync(async cut =>
    {
        cut.Network.CutFromEverything(cut.Index);
        await cut.Load.WaitForAnswersAsync(1_000);
        cut.Network.Heal();
        await EndsByItselfAsync(cut);
        await cut.Lost.StartAsync();
    });

    // Its front refuses what another silo's could serve, so whoever spreads the traffic must learn of it; and nobody may restart it for that.
    private async Task LeavesTheBalancerAsync(ClusterProcess silo)
    {
        var at = Stopwatch.GetTimestamp();
        await silo.WaitForReadinessAsync(isReady: false);
        var (_, told) = await silo.ReadinessAsync();
        output.WriteLine($"{silo.Name} is not ready after {Stopwatch.GetElapsedTime(at).TotalSeconds:0.0} s: {told}");
        Assert.Contains("sequencer: out of reach", told, StringComparison.Ordinal);
        using var client = new OperatorClient(silo.Rpc);
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(client.CheckHealthAsync)).StatusCode);
        Assert.True(silo.IsRunning);
    }

    private async Task EndsByItselfAsync(Partition cut)
    {
        var at = Stopwatch.GetTimestamp();
        var exit = await cut.Lost.WaitForExitAsync();
        output.WriteLine($"{cut.Lost.Name} ended with {exit.Code} after {Stopwatch.GetElapsedTime(at).TotalSeconds:0.0} s");
        Assert.NotEqual(0, exit.Code);
    }

    private async Task RestartIfEndedAsync(ClusterProcess silo)
    {
        if (silo.IsRunning) return;
        output.WriteLine($"{silo.Name} had ended");
        await silo.StartAsync();
    }

    private async Task RunAsync(Func<Partition, Task> cutAsync, bool isThroughSilos = false)
    {
        using var network = ClusterNetwork.Create(silos: 3);
        using var folder = new TestFolder();
        using var server = await PostgresServer.StartOwnAsync("listen_addresses = '*'", $"hba_file = '{LetEverybodyIn(folder)}'");
        var database = (await server.CreateDatabaseAsync()).Replace("127.0.0.1", network.DatabaseAddress, StringComparison.Ordinal)
            + ";GSS Encryption Mode=Disable"; // asking for it looks names up, and a namespace has no name server
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 0, database: database, network: network);
        await using var load = new ClusterLoad(
            new ClusterLoadOptions { Fronts = isThroughSilos ? [.. cluster.Fronts, .. cluster.Silos] : cluster.Fronts, Followed = cluster.Fronts, Rate = 100, Budget = TimeSpan.FromSeconds(50) }, _witness);
        await load.WaitForAnswersAsync(200);

        var lost = await load.SequencerHostAsync(cluster);
        var index = cluster.Silos.Index().Single(silo => silo.Item == lost).Index;
        var at = Stopwatch.GetTimestamp();
        await cutAsync(new Partition(cluster, network, load, lost, index, [.. Enumerable.Range(0, 3).Where(other => other != index)]));
        await load.WaitForAnswersAsync(100);
        var gap = load.Published.LongestGap(at, Stopwatch.GetTimestamp());
        output.WriteLine($"{lost.Name}: {gap.TotalMilliseconds:0} ms without a publish");

        await load.FinishAsync();
        using var client = new OperatorClient(cluster.Fronts[0].Rpc);
        _witness.CheckSigner(_witness.Compare(ClusterProcesses.NodeId, await client.ReadLogAsync(ClusterProcesses.NodeId)), ClusterProcesses.NodeAddress);
        Assert.True(_witness.Faults.Count == 0, ClusterLoad.Told(_witness.Faults));
        Assert.True(load.Errors.Count == 0, ClusterLoad.Told(load.Errors));
        output.WriteLine($"{_witness.Answers} answers, {load.Retries} attempts repeated, slowest publish {load.Slowest.TotalSeconds:0.00} s");
        Assert.True(gap <= Bar + (IsMeasurement ? TimeSpan.Zero : BusyMachine), $"{gap} is over the bar of {Bar}");
    }

    private static string LetEverybodyIn(TestFolder folder)
    {
        const UnixFileMode Read = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var access = folder.File("access");
        File.WriteAllText(access, "host all all all trust\n");
        File.SetUnixFileMode(access, Read);
        File.SetUnixFileMode(folder.Path, Read | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return access;
    }

    /// <summary>A running cluster under load, and which of its silos gets lost.</summary>
    private sealed record Partition(ClusterProcesses Cluster, ClusterNetwork Network, ClusterLoad Load, ClusterProcess Lost, int Index, int[] Others);
}
