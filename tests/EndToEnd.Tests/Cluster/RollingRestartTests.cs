using System.Diagnostics;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>A rolling restart: every silo, one after the other, then every front, while clients publish, read and follow.</summary>
public sealed class RollingRestartTests(ITestOutputHelper output)
{
    private readonly Witness _witness = new();

    [Fact]
    public async Task Restart_SilosOneAfterTheOther_FrontsThatStayUpSeeNoError()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 0);
        await using var load = LoadOf(cluster, budget: TimeSpan.Zero);
        await load.WaitForAnswersAsync(200);

        foreach (var silo in cluster.Silos) await RestartAsync(silo, load);

        await FinishAsync(cluster, load);
    }

    [Fact]
    public async Task Restart_FrontsOneAfterTheOther_ClientsThatRepeatSeeNoErrorAndStreamsResume()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 0);
        await using var load = LoadOf(cluster, budget: TimeSpan.FromSeconds(10));
        await load.WaitForAnswersAsync(200);

        foreach (var front in cluster.Fronts) await RestartAsync(front, load);

        await FinishAsync(cluster, load);
    }

    private ClusterLoad LoadOf(ClusterProcesses cluster, TimeSpan budget) => new(
        new ClusterLoadOptions
        {
            Fronts = cluster.Fronts,
            Followed = cluster.Fronts,
            Rate = 100,
            Budget = budget,
            AttemptLimit = TimeSpan.FromSeconds(15),
        },
        _witness);

    private async Task RestartAsync(ClusterProcess process, ClusterLoad load)
    {
        var (at, errors) = (Stopwatch.GetTimestamp(), load.Errors.Count);
        await process.RestartAsync();
        await load.WaitForAnswersAsync(100);
        output.WriteLine(
            $"{process.Name}: {load.Published.LongestGap(at, Stopwatch.GetTimestamp()).TotalMilliseconds:0} ms without a publish, {load.Errors.Count - errors} errors");
    }

    private async Task FinishAsync(ClusterProcesses cluster, ClusterLoad load)
    {
        await load.FinishAsync();
        using var client = new OperatorClient(cluster.Fronts[0].Rpc);
        _witness.Compare(ClusterProcesses.NodeId, await client.ReadLogAsync(ClusterProcesses.NodeId));
        output.WriteLine($"{_witness.Answers} answers, {load.Retries} attempts repeated, slowest publish {load.Slowest.TotalSeconds:0.00} s");
        Assert.True(_witness.Faults.Count == 0, ClusterLoad.Told(_witness.Faults));
        Assert.True(load.Errors.Count == 0, ClusterLoad.Told(load.Errors));
    }
}
