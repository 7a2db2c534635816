using XmtpOrleans.EndToEnd.Tests.Clients;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>Silos, fronts alone and payer gateways, each a process of its own, are one node.</summary>
public sealed class ClusterProcessesTests
{
    [Fact]
    public async Task Publish_OnAnyFront_IsReadAndStreamedOnEveryFront()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 3, fronts: 2, gateways: 2);
        var messages = ClusterProcesses.Messages(groups: 8);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        ended.CancelAfter(TimeSpan.FromMinutes(1));
        var clients = cluster.Silos.Concat(cluster.Fronts).Select(front => new OperatorClient(front.Rpc)).ToList();
        var streams = clients.Select(client => client.FollowLogAsync(ClusterProcesses.NodeId, after: 0, ended.Token).GetAsyncEnumerator(ended.Token)).ToList();
        foreach (var stream in streams) Assert.True(await stream.MoveNextAsync()); // open

        for (var at = 0; at < clients.Count; at++)
        {
            var answer = Assert.Single(await clients[at].PublishAsync(messages.PayerEnvelope(group: at, number: (ulong)at)));
            foreach (var client in clients)
            {
                Assert.Equal(answer, Assert.Single(await client.QueryLogAsync(ClusterProcesses.NodeId, (ulong)at)));
            }

            foreach (var stream in streams)
            {
                Assert.True(await NextEntriesAsync(stream));
                Assert.Equal(answer, Assert.Single(stream.Current));
            }
        }

        using var http = new HttpClient();
        foreach (var process in cluster.All)
        {
            Assert.Contains("xmtp_rpc_", await http.GetStringAsync(new Uri(process.Ops, "/metrics"), ended.Token), StringComparison.Ordinal);
        }

        foreach (var stream in streams) await stream.DisposeAsync();
        foreach (var client in clients) client.Dispose();
    }

    private static async Task<bool> NextEntriesAsync(IAsyncEnumerator<IReadOnlyList<byte[]>> stream)
    {
        while (await stream.MoveNextAsync())
        {
            if (stream.Current.Count > 0) return true; // others keep the stream alive
        }

        return false;
    }
}
