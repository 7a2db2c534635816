using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Core;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>A payer gateway whose one node is one address with fronts behind it that die, hang and come back: its clients, who never repeat, see nothing of it.</summary>
public sealed class GatewayTests(ITestOutputHelper output)
{
    private const int Groups = 10;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(20); // measured: 0.3 to 0.4 s after a kill, 4.5 s after a freeze

    private readonly Witness _witness = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private TimeSpan _slowest;

    [Fact]
    public async Task Publish_FrontsKilledAndFrozenInTurn_EveryOneIsAnsweredAndStoredOnce()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 1, fronts: 2, gateways: 1);
        using var stop = new CancellationTokenSource();
        var load = PublishAsync(cluster.Gateways[0], stop.Token);
        await WaitForAnswersAsync(40);

        foreach (var front in cluster.Fronts)
        {
            await front.KillAsync();
            await WaitForAnswersAsync(60);
            await front.StartAsync();
            await WaitForAnswersAsync(20);
            Report($"{front.Name} killed");
        }

        foreach (var front in cluster.Fronts)
        {
            await front.PauseAsync();
            await WaitForAnswersAsync(60);
            await front.ResumeAsync();
            await front.WaitForReadinessAsync(isReady: true);
            await WaitForAnswersAsync(20);
            Report($"{front.Name} frozen");
        }

        await stop.CancelAsync();
        await load;
        using var reader = new OperatorClient(cluster.Fronts[0].Rpc);
        var stored = _witness.Compare(ClusterProcesses.NodeId, await reader.ReadLogAsync(ClusterProcesses.NodeId));
        Assert.True(_errors.IsEmpty, ClusterLoad.Told(_errors));
        Assert.True(_witness.Faults.Count == 0, ClusterLoad.Told(_witness.Faults));
        Assert.Equal(_witness.Answers, stored.Count);
    }

    private async Task PublishAsync(ClusterProcess gateway, CancellationToken stop)
    {
        using var client = new OperatorClient(gateway.Rpc) { CallLimit = TimeSpan.FromSeconds(60) };
        var messages = ClusterProcesses.Messages(Groups);
        var open = new List<Task>();
        for (var number = 0ul; !stop.IsCancellationRequested; number++)
        {
            var payer = messages.PayerEnvelope((int)(number % Groups), number);
            Assert.True(ParsedPayerEnvelope.TryParse(payer, out var envelope, out var refusal), refusal);
            open.Add(PublishOneAsync(client, envelope.Client.Bytes.ToArray()));
            await Task.Delay(Pause, CancellationToken.None);
        }

        await Task.WhenAll(open);
    }

    private async Task PublishOneAsync(OperatorClient client, byte[] envelope)
    {
        var since = Stopwatch.GetTimestamp();
        try
        {
            _witness.Acknowledge([envelope], await client.PublishClientEnvelopesAsync(envelope));
        }
        catch (RpcException failure)
        {
            _errors.Enqueue($"{failure.Status} after {Stopwatch.GetElapsedTime(since).TotalSeconds:0.0} s");
        }

        lock (_errors)
        {
            var took = Stopwatch.GetElapsedTime(since);
            if (took > _slowest) _slowest = took;
        }
    }

    private async Task WaitForAnswersAsync(int more)
    {
        var target = _witness.Answers + more;
        for (var since = Stopwatch.StartNew(); _witness.Answers < target; await Task.Delay(Pause))
        {
            Assert.True(since.Elapsed < Bar + TimeSpan.FromSeconds(10), $"{target - _witness.Answers} answers are missing; errors: {ClusterLoad.Told(_errors)}");
        }
    }

    private void Report(string what)
    {
        lock (_errors)
        {
            output.WriteLine($"{what}: slowest publish {_slowest.TotalSeconds:0.00} s");
            Assert.True(_slowest < Bar, $"{what}: a publish took {_slowest}");
            _slowest = default;
        }
    }
}
