using System.Diagnostics;
using System.Globalization;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>Processes of a cluster are killed again and again while clients publish, read and follow; whatever anybody was told holds (I1 to I6, I9), and
/// publishes flow again soon. <c>XMTP_CLUSTER_KILLS</c> says how often, and holds the run to the bar of its time; <c>XMTP_SEED</c> repeats a run's choices.</summary>
public sealed class ClusterKillTests(ITestOutputHelper output)
{
    private const int DefaultKills = 20;

    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BusyMachineBar = TimeSpan.FromSeconds(12);

    private readonly Witness _witness = new();

    [Fact]
    public async Task Kill_AnyProcessUnderLoad_WhatWasToldHoldsAndPublishesFlowAgain()
    {
        var asked = Setting("XMTP_CLUSTER_KILLS");
        var (kills, seed) = (asked ?? DefaultKills, Setting("XMTP_SEED") ?? Random.Shared.Next(1, 10_000));
        output.WriteLine($"XMTP_SEED={seed} XMTP_CLUSTER_KILLS={kills}");
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 2);
        await using var load = new ClusterLoad(
            new ClusterLoadOptions
            {
                Fronts = [.. cluster.Silos, .. cluster.Fronts],
                Gateways = cluster.Gateways,
                Followed = [.. cluster.Silos, .. cluster.Fronts],
                Rate = asked is null ? 100 : 200,
                Seed = seed,
            },
            _witness);
        await load.WaitForAnswersAsync(200);

        var killed = new List<(string Name, string Role, long At)>();
        var random = new Random(seed);
        var restart = Task.CompletedTask;
        for (var kill = 0; kill < kills; kill++)
        {
            await restart; // two silos of three would be most of them
            var host = await load.SequencerHostAsync(cluster);
            var victim = random.Next(10) switch
            {
                < 3 => host,
                < 6 => Any(cluster.Silos),
                < 8 => Any(cluster.Fronts),
                _ => Any(cluster.Gateways),
            };
            killed.Add((victim.Name, victim == host ? "sequencer's host" : victim.Role, Stopwatch.GetTimestamp()));
            await victim.KillAsync();
            restart = RestartAsync(victim);
            await load.WaitForAnswersAsync(random.Next(50, 150));
            Assert.Empty(_witness.Faults);
        }

        await restart;
        await load.FinishAsync();
        await CheckAsync(cluster, load);
        var gaps = Gaps(killed, load.Published);
        Report(gaps, load);
        var p99 = PublishTimes.Percentile([.. gaps.Select(static gap => gap.Gap)], 99);
        Assert.True(p99 <= (asked is null ? BusyMachineBar : Bar), $"p99 of the time between two successful publishes after a kill is {p99}");

        ClusterProcess Any(IReadOnlyList<ClusterProcess> processes) => processes[random.Next(processes.Count)];
    }

    // As an orchestrator does: not at once, but soon.
    private static async Task RestartAsync(ClusterProcess victim)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(300));
        await victim.StartAsync();
    }

    private async Task CheckAsync(ClusterProcesses cluster, ClusterLoad load)
    {
        foreach (var process in cluster.Silos.Concat(cluster.Fronts))
        {
            using var client = new OperatorClient(process.Rpc);
            var envelopes = _witness.Compare(ClusterProcesses.NodeId, await client.ReadLogAsync(ClusterProcesses.NodeId));
            if (process != cluster.Silos[0]) continue;
            _witness.CheckSigner(envelopes, ClusterProcesses.NodeAddress);
            await _witness.CheckUsageAsync(client, [ClusterProcesses.PayerAddress], envelopes);
        }

        Assert.True(_witness.Faults.Count == 0, ClusterLoad.Told(_witness.Faults));
        Assert.True(load.Errors.Count == 0, ClusterLoad.Told(load.Errors));
    }

    // Each kill's time lasts until the next one, so that no gap lies between two of them.
    private List<(string Role, TimeSpan Gap)> Gaps(List<(string Name, string Role, long At)> killed, PublishTimes published)
    {
        var gaps = new List<(string Role, TimeSpan Gap)>();
        for (var at = 0; at < killed.Count; at++)
        {
            var (name, role, from) = killed[at];
            var gap = published.LongestGap(from, at + 1 < killed.Count ? killed[at + 1].At : Stopwatch.GetTimestamp());
            gaps.Add((role, gap));
            output.WriteLine($"{at}: {name}, {role}: {gap.TotalMilliseconds:0} ms");
        }

        return gaps;
    }

    private void Report(IReadOnlyList<(string Role, TimeSpan Gap)> gaps, ClusterLoad load)
    {
        output.WriteLine($"{_witness.Answers} answers, {load.Retries} attempts repeated, slowest publish {load.Slowest.TotalSeconds:0.00} s");
        foreach (var group in gaps.GroupBy(static gap => gap.Role).Append(new Everything(gaps)))
        {
            TimeSpan[] times = [.. group.Select(static gap => gap.Gap)];
            output.WriteLine(
                $"{group.Key}: {times.Length} kills, longest time between two successful publishes p50 {Ms(50)} p99 {Ms(99)} max {Ms(100)} ms");

            string Ms(double percent) => PublishTimes.Percentile(times, percent).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        }
    }

    private static int? Setting(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    private sealed class Everything(IEnumerable<(string Role, TimeSpan Gap)> gaps)
        : List<(string Role, TimeSpan Gap)>(gaps), IGrouping<string, (string Role, TimeSpan Gap)>
    {
        public string Key => "all";
    }
}
