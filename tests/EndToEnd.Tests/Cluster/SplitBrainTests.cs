using System.Diagnostics;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>Two silos that both believe to be the one: a silo that sleeps through its own death and wakes up, and a cluster that comes back elsewhere while
/// the database still lists who was there before.</summary>
public sealed class SplitBrainTests(ITestOutputHelper output)
{
    private static readonly TimeSpan FreezeBar = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RebirthBar = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan BusyMachine = TimeSpan.FromSeconds(10); // as well, unless the run is a measurement

    private static readonly bool IsMeasurement = Environment.GetEnvironmentVariable("XMTP_CLUSTER_MEASURE") is { Length: > 0 };

    private readonly Witness _witness = new();

    [Fact]
    public async Task Freeze_SequencersHost_PublishesFlowAgainAndTheZombieEndsWithoutWriting()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 0);
        await using var load = LoadOf(cluster);
        await load.WaitForAnswersAsync(200);
        var zombie = await load.SequencerHostAsync(cluster);

        await zombie.PauseAsync();
        var frozen = Stopwatch.GetTimestamp();
        await load.WaitForAnswersAsync(400);
        var gap = load.Published.LongestGap(frozen, Stopwatch.GetTimestamp());
        output.WriteLine($"frozen {zombie.Name}: {gap.TotalMilliseconds:0} ms without a publish");
        Assert.NotEqual(zombie, await load.SequencerHostAsync(cluster, without: zombie));

        var woken = Stopwatch.GetTimestamp();
        await zombie.ResumeAsync();
        var exit = await zombie.WaitForExitAsync();
        output.WriteLine($"woken: ended by itself with {exit.Code} after {Stopwatch.GetElapsedTime(woken).TotalMilliseconds:0} ms");
        Assert.NotEqual(0, exit.Code);
        await load.WaitForAnswersAsync(100);
        await zombie.StartAsync();
        await load.WaitForAnswersAsync(100);

        await FinishAsync(cluster, load);
        AssertWithin(FreezeBar, gap);
    }

    [Fact]
    public async Task Kill_AllSilosAtOnce_TheyPublishAtOtherPortsSoonAfter()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 0);
        await using var load = LoadOf(cluster, fronts: cluster.Fronts);
        await load.WaitForAnswersAsync(200);

        await Task.WhenAll(cluster.Silos.Select(static silo => silo.KillAsync()));
        var ports = new Queue<int>(FreePorts.Take(cluster.Silos.Count * 2));
        foreach (var silo in cluster.Silos)
        {
            silo.Replace($"Cluster:SiloPort={silo.SiloPort}", $"Cluster:SiloPort={ports.Dequeue()}");
            silo.Replace($"Cluster:ClientPort={silo.ClientPort}", $"Cluster:ClientPort={ports.Dequeue()}");
        }

        var restarted = Stopwatch.GetTimestamp();
        await Task.WhenAll(cluster.Silos.Select(static silo => silo.StartAsync()));
        output.WriteLine($"silos ready {Stopwatch.GetElapsedTime(restarted).TotalMilliseconds:0} ms after their start");
        await load.WaitForAnswersAsync(100);
        var first = load.Published.FirstAfter(restarted);
        output.WriteLine($"first publish {first?.TotalMilliseconds:0} ms after their start");

        await FinishAsync(cluster, load);
        AssertWithin(RebirthBar, Assert.NotNull(first));
    }

    private ClusterLoad LoadOf(ClusterProcesses cluster, IReadOnlyList<ClusterProcess>? fronts = null) => new(
        new ClusterLoadOptions
        {
            Fronts = fronts ?? [.. cluster.Silos, .. cluster.Fronts],
            Followed = cluster.Fronts,
            Rate = 100,
            Budget = TimeSpan.FromSeconds(40),
        },
        _witness);

    private async Task FinishAsync(ClusterProcesses cluster, ClusterLoad load)
    {
        await load.FinishAsync();
        using var client = new OperatorClient(cluster.Fronts[0].Rpc);
        var envelopes = _witness.Compare(ClusterProcesses.NodeId, await client.ReadLogAsync(ClusterProcesses.NodeId));
        _witness.CheckSigner(envelopes, ClusterProcesses.NodeAddress);
        Assert.True(_witness.Faults.Count == 0, ClusterLoad.Told(_witness.Faults));
        Assert.True(load.Errors.Count == 0, ClusterLoad.Told(load.Errors));
        output.WriteLine($"{_witness.Answers} answers, {load.Retries} attempts repeated, slowest publish {load.Slowest.TotalSeconds:0.00} s");
    }

    private static void AssertWithin(TimeSpan bar, TimeSpan measured) =>
        Assert.True(measured <= bar + (IsMeasurement ? TimeSpan.Zero : BusyMachine), $"{measured} is over the bar of {bar}");
}
