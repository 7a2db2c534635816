using System.Diagnostics;
using System.Globalization;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>How long an entry takes from its commit to a stream of another process, and what an idle cluster costs. A measurement: it runs only with
/// <c>XMTP_FEED_RATE</c>, the entries to publish in a second.</summary>
public sealed class FeedLatencyTests(ITestOutputHelper output)
{
    private const string RateVariable = "XMTP_FEED_RATE";
    private const int EntriesOfARequest = 100;
    private const int WarmUpSeconds = 3;
    private const int Seconds = 12;

    private static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Publish_AtARate_ReachesStreamsOfEveryProcess()
    {
        if (Environment.GetEnvironmentVariable(RateVariable) is not { Length: > 0 } text) Assert.Skip($"Measures only with {RateVariable}.");
        else await MeasureAsync(int.Parse(text, CultureInfo.InvariantCulture));
    }

    private async Task MeasureAsync(int rate)
    {
        var requests = rate * (Seconds + WarmUpSeconds) / EntriesOfARequest;
        var messages = ClusterProcesses.Messages(groups: 1_000);
        var signed = Enumerable.Range(0, requests).AsParallel().AsOrdered()
            .Select(number => Enumerable.Range(number * EntriesOfARequest, EntriesOfARequest).Select(entry => messages.PayerEnvelope(entry % 1_000, (ulong)entry)).ToArray())
            .ToArray();

        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 1, gateways: 0);
        using var first = new OperatorClient(cluster.Silos[0].Rpc);
        await first.PublishAsync(messages.PayerEnvelope(0, (ulong)(requests + 1) * EntriesOfARequest));
        await Task.Delay(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken); // the processes settle
        await CpuAsync(cluster, "idle", static () => Task.Delay(IdleTime, TestContext.Current.CancellationToken));

        var taken = await Task.WhenAll(cluster.Silos.Select(static silo => silo.SequencedAsync()));
        var host = cluster.Silos[Array.IndexOf(taken, taken.Max())];
        ClusterProcess[] watched = [host, cluster.Silos.First(silo => silo != host), cluster.Fronts[0]];
        var size = (requests * EntriesOfARequest) + 10;
        var answered = new long[size];
        var received = watched.Select(_ => new long[size]).ToArray();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var following = watched.Select((process, at) => FollowAsync(process, received[at], stop.Token)).ToList();
        await CpuAsync(cluster, $"{rate}/s", () => PublishAsync(host, signed, rate, answered));
        while (received.Any(times => times[^9] == 0)) await Task.Delay(50, TestContext.Current.CancellationToken);
        stop.Cancel();
        await Task.WhenAll(following);

        var measured = Enumerable.Range(2 + (rate * WarmUpSeconds), rate * (Seconds - 1)).Where(entry => answered[entry] != 0).ToArray();
        for (var at = 0; at < watched.Length; at++)
        {
            Report($"answer to {watched[at].Name}{(watched[at] == host ? " (sequencer's)" : "")}", measured, received[at], answered);
            if (at > 0) Report($"{host.Name} to {watched[at].Name}", measured, received[at], received[0]);
        }
    }

    private static async Task PublishAsync(ClusterProcess host, byte[][][] requests, int rate, long[] answered)
    {
        using var client = new OperatorClient(host.Rpc);
        var started = Stopwatch.GetTimestamp();
        var open = new List<Task>();
        for (var at = 0; at < requests.Length; at++)
        {
            var due = TimeSpan.FromSeconds((double)at * EntriesOfARequest / rate) - Stopwatch.GetElapsedTime(started);
            if (due > TimeSpan.Zero) await Task.Delay(due, TestContext.Current.CancellationToken);
            open.Add(PublishAsync(requests[at]));
        }

        await Task.WhenAll(open);

        async Task PublishAsync(byte[][] request)
        {
            var answer = await client.PublishAsync(request);
            var now = Stopwatch.GetTimestamp();
            foreach (var envelope in answer) answered[PositionOf(envelope)] = now;
        }
    }

    private static async Task FollowAsync(ClusterProcess process, long[] received, CancellationToken stop)
    {
        using var client = new OperatorClient(process.Rpc);
        try
        {
            await foreach (var frame in client.FollowLogAsync(ClusterProcesses.NodeId, after: 0, stop))
            {
                var now = Stopwatch.GetTimestamp();
                foreach (var envelope in frame) received[PositionOf(envelope)] = now;
            }
        }
        catch (Exception) when (stop.IsCancellationRequested)
        {
            // Everything has come.
        }
    }

    private static int PositionOf(byte[] envelope) =>
        SealedEnvelope.TryParse(envelope, out var parsed, out var refusal) ? (int)parsed.Sequence.Value : throw new InvalidDataException(refusal);

    private async Task CpuAsync(ClusterProcesses cluster, string what, Func<Task> work)
    {
        var (before, started) = (cluster.All.Select(Cpu).ToList(), Stopwatch.GetTimestamp());
        await work();
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        output.WriteLine($"{what}: " + string.Join(", ", cluster.All.Select((process, at) =>
            string.Create(CultureInfo.InvariantCulture, $"{process.Name} {(Cpu(process) - before[at]).TotalSeconds / seconds:P1} of a core"))));

        static TimeSpan Cpu(ClusterProcess process) => Process.GetProcessById(process.Id).TotalProcessorTime;
    }

    private void Report(string what, int[] entries, long[] to, long[] from)
    {
        var delays = entries.Select(entry => Stopwatch.GetElapsedTime(from[entry], to[entry]).TotalMilliseconds).Order().ToArray();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{what}: {delays.Length} entries, p50 {At(0.5):0.00} p90 {At(0.9):0.00} p99 {At(0.99):0.00} max {delays[^1]:0.00} ms"));

        double At(double part) => delays[(int)(part * (delays.Length - 1))];
    }
}
