using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Testing;
using XmtpOrleans.Testing.Deploy;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>The production overlay of deploy/k8s works as it is written: its pods, started as processes with the arguments and the environment that the rendered
/// manifests give them. A pod's network is an address of the loopback network; what an operator has to fill in is filled in the way the documents say.</summary>
public sealed class RenderedClusterTests : IAsyncDisposable
{
    private readonly TestFolder _folder = new();
    private readonly List<ClusterProcess> _processes = [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(static process => process.DisposeAsync().AsTask()));
        _folder.Dispose();
    }

    [Fact]
    public async Task Production_StartedAsRendered_IsOneNode()
    {
        using var server = await PostgresServer.StartOwnAsync("max_connections = 400");
        var database = await server.CreateDatabaseAsync();
        var port = FreePorts.Take(1)[0];
        var manifests = await Manifests.RenderAsync(
            _folder.File("k8s"), "production", ClusterProcesses.Secrets(database), ["service-monitor"], $"""
            configMapGenerator:
              - name: xmtp-gateway
                behavior: merge
                literals:
                  - Network__Nodes__0__Url=http://127.0.0.1:{port}
                  - Network__Nodes__0__SigningAddress={ClusterProcesses.NodeAddress}
            """);
        var pods = RenderedPod.Of(manifests, _folder.File("secrets"));
        var logs = ClusterProcesses.LogFolder();
        foreach (var pod in pods.Where(static pod => pod.Ports.Count > 0)) _processes.Add(ProcessOf(pod, logs));
        var job = ProcessOf(pods.Single(static pod => pod.Ports.Count == 0), logs);

        var fronts = _processes.Where(static process => process.Role == "front");
        await using var service = new FrontBalancer(port, [.. fronts.Select(static front => (front.Rpc, front.Ops))]);

        // All at once, as an orchestrator does: those that come too early wait for the migration.
        var starts = _processes.Select(static process => process.StartAsync()).ToList();
        Assert.Equal(0, (await job.RunToExitAsync()).Code);
        await Task.WhenAll(starts);

        await PublishOnEveryFrontAsync();
        await PublishThroughEveryGatewayAsync();
        var exits = await Task.WhenAll(_processes.Select(static process => process.TerminateAsync()));
        Assert.All(exits, static exit => Assert.Equal(0, exit.Code));
    }

    // Processes have no network of their own, so the wildcard address means the pod's.
    private static ClusterProcess ProcessOf(RenderedPod pod, string logs)
    {
        var (rpc, ops) = (pod.Ports.GetValueOrDefault("rpc", 1), pod.Ports.GetValueOrDefault("ops", 1));
        var process = new ClusterProcess(
            pod.Name, pod.Arguments[0], new Uri($"http://{pod.Address}:{rpc}"), new Uri($"http://{pod.Address}:{ops}"), pod.Arguments)
        {
            LogPath = Path.Combine(logs, $"{pod.Name}.log"),
        };
        foreach (var (name, value) in pod.Environment) process.WithEnvironment(name, value == "0.0.0.0" ? pod.Address : value);
        return process;
    }

    private async Task PublishOnEveryFrontAsync()
    {
        var messages = ClusterProcesses.Messages(groups: 8);
        var clients = _processes.Where(static process => process.Role is "front" or "node").Select(static process => new OperatorClient(process.Rpc)).ToList();
        for (var at = 0; at < clients.Count; at++)
        {
            var answer = Assert.Single(await clients[at].PublishAsync(messages.PayerEnvelope(group: at, number: (ulong)at)));
            foreach (var client in clients) Assert.Equal(answer, Assert.Single(await client.QueryLogAsync(ClusterProcesses.NodeId, (ulong)at)));
        }

        foreach (var client in clients) client.Dispose();
    }

    private async Task PublishThroughEveryGatewayAsync()
    {
        var messages = ClusterProcesses.Messages(groups: 8);
        foreach (var (gateway, at) in _processes.Where(static process => process.Role == "gateway").Select(static (process, at) => (process, at)))
        {
            using var client = new OperatorClient(gateway.Rpc);
            Assert.Single(await client.PublishClientEnvelopesAsync(messages.ClientEnvelope(group: at, number: 1_000 + (ulong)at)));
        }
    }
}
