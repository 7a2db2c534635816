using XmtpOrleans.EndToEnd.Tests.Clients;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>A front alone outlives the silos it talks to.</summary>
public sealed class FrontTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Front_EachSiloKilledInTurn_PublishesWithoutRetryAndItsStreamGoesOn()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 1, gateways: 0);
        await using var client = await FollowingClient.OpenAsync(cluster.Fronts[0].Rpc, Limit);

        await client.PublishAndSeeAsync();
        foreach (var silo in cluster.Silos.SkipLast(1))
        {
            await silo.KillAsync();
            await client.PublishAndSeeAsync();
        }

        await cluster.StartAllAsync();
        await cluster.Silos[^1].KillAsync();
        await client.PublishAndSeeAsync();
    }

    [Fact]
    public async Task Front_AllSilosKilled_IsNotReadyAndGoesOnWhenTheyAreBack()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 2, fronts: 1, gateways: 0);
        var front = cluster.Fronts[0];
        await using var client = await FollowingClient.OpenAsync(front.Rpc, Limit);
        await client.PublishAndSeeAsync();

        await Task.WhenAll(cluster.Silos.Select(static silo => silo.KillAsync()));
        await front.WaitForReadinessAsync(isReady: false);
        await cluster.StartAllAsync();
        await front.WaitForReadinessAsync(isReady: true);

        await client.PublishAndSeeAsync();
        Assert.True(front.IsRunning);
    }

    [Fact]
    public async Task Start_NoSiloIsThere_SaysThatItWaitsAndGoesOnWhenOneComes()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 1, fronts: 0, gateways: 0);
        await using var later = await ClusterProcesses.CreateAsync(silos: 0, fronts: 1, gateways: 0, database: cluster.Database);
        Assert.Equal(0, (await cluster.Silos[0].TerminateAsync()).Code);

        await later.Fronts[0].StartUntilLiveAsync();
        await SaysAsync(later.Fronts[0], "waiting for a silo, ");
        Assert.False((await later.Fronts[0].ReadinessAsync()).IsReady);
        await cluster.Silos[0].StartAsync();
        await later.Fronts[0].WaitForReadinessAsync(isReady: true);

        await SaysAsync(later.Fronts[0], "a silo is there after ");
    }

    private static async Task SaysAsync(ClusterProcess process, string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        while (!process.Output.Contains(text, StringComparison.Ordinal)) await Task.Delay(50, limit.Token);
    }

    /// <summary>Publishes, and follows the node's log by one stream that must never end.</summary>
    private sealed class FollowingClient : IAsyncDisposable
    {
        private readonly Load.Workloads.GroupMessages _messages = ClusterProcesses.Messages(groups: 4);
        private readonly CancellationTokenSource _limit;
        private readonly OperatorClient _client;
        private readonly IAsyncEnumerator<IReadOnlyList<byte[]>> _stream;
        private ulong _number;

        private FollowingClient(Uri front, TimeSpan limit)
        {
            _limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            _limit.CancelAfter(limit);
            _client = new OperatorClient(front);
            _stream = _client.FollowLogAsync(ClusterProcesses.NodeId, after: 0, _limit.Token).GetAsyncEnumerator(_limit.Token);
        }

        public static async Task<FollowingClient> OpenAsync(Uri front, TimeSpan limit)
        {
            var client = new FollowingClient(front, limit);
            Assert.True(await client._stream.MoveNextAsync()); // says that the stream is open
            return client;
        }

        public async Task PublishAndSeeAsync()
        {
            var answer = Assert.Single(await _client.PublishAsync(_messages.PayerEnvelope(group: 0, number: _number)));
            Assert.Equal(answer, Assert.Single(await _client.QueryLogAsync(ClusterProcesses.NodeId, _number)));
            do
            {
                Assert.True(await _stream.MoveNextAsync());
            }
            while (_stream.Current.Count == 0); // a frame that keeps the stream alive
            Assert.Equal(answer, Assert.Single(_stream.Current));
            _number++;
        }

        public async ValueTask DisposeAsync()
        {
            await _stream.DisposeAsync();
            _client.Dispose();
            _limit.Dispose();
        }
    }
}
