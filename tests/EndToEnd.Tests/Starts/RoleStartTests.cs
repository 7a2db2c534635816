using System.Net;
using System.Net.Sockets;
using XmtpOrleans.EndToEnd.Tests.Cluster;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Starts;

/// <summary>The roles say what keeps them from starting, and wait for a database without being taken for dead.</summary>
public sealed class RoleStartTests
{
    private const string Away = "Host=127.0.0.1;Port=1;Username=xmtp;Password=verysecret;Database=xmtp";

    [Theory]
    [InlineData("node", 4)]
    [InlineData("front", 2)]
    [InlineData("gateway", 3)]
    [InlineData("migrate", 1)]
    public async Task Start_NothingConfigured_TellsEveryFaultInALineOfItsOwn(string role, int faults)
    {
        await using var process = Process(role);
        var exit = await process.RunToExitAsync();
        Assert.Equal((2, faults), (exit.Code, exit.Errors.Count));
    }

    [Fact]
    public async Task Start_PortInUse_NamesTheSetting()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        await using var process = Process("front", "--set", "Node:Id=100", $"Postgres:ConnectionString={Away}", "--port", $"{port}");

        var exit = await process.RunToExitAsync();

        Assert.Equal(2, exit.Code);
        Assert.StartsWith($"Listen:Port {port}: the port is in use", Assert.Single(exit.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_DatabaseAway_IsLiveAndSaysWhatItWaitsForUntilItIsStopped()
    {
        await using var process = Process("front", "--set", "Node:Id=100", $"Postgres:ConnectionString={Away}");
        await process.StartUntilLiveAsync();

        while (!(await process.ReadinessAsync()).Text.Contains("PostgreSQL cannot be reached", StringComparison.Ordinal))
        {
            Assert.False((await process.ReadinessAsync()).IsReady);
        }

        Assert.Equal(0, (await process.TerminateAsync()).Code);
        Assert.DoesNotContain("verysecret", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_NodeThatMayNotMigrate_WaitsUntilSomebodyDid()
    {
        var settings = new Dictionary<string, string> { ["Postgres:Migrate"] = "false" };
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 1, fronts: 0, gateways: 0, settings);
        var node = cluster.Silos[0];
        await node.StartUntilLiveAsync();
        while (!(await node.ReadinessAsync()).Text.Contains("run migrate", StringComparison.Ordinal))
        {
            Assert.False((await node.ReadinessAsync()).IsReady);
        }

        await using var migrate = Process("migrate", "--set", $"Postgres:ConnectionString={cluster.Database}");
        Assert.Equal(0, (await migrate.RunToExitAsync()).Code);
        Assert.Contains("0001_initial: applying", migrate.Output, StringComparison.Ordinal);
        await node.WaitForReadinessAsync(isReady: true);

        Assert.Equal(0, (await migrate.RunToExitAsync()).Code);
        Assert.DoesNotContain("applying", migrate.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_SiloPortInUse_NamesTheSetting()
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 1, fronts: 0, gateways: 0);
        using var other = new TcpListener(IPAddress.Loopback, cluster.Silos[0].SiloPort);
        other.Start();

        var exit = await cluster.Silos[0].RunToExitAsync();

        Assert.Equal(2, exit.Code);
        Assert.StartsWith($"Cluster:SiloPort {cluster.Silos[0].SiloPort}: the port is in use", Assert.Single(exit.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_FrontWithoutASilo_IsLiveUntilItIsStopped()
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 1, fronts: 1, gateways: 0);
        await using var migrate = Process("migrate", "--set", $"Postgres:ConnectionString={cluster.Database}");
        Assert.Equal(0, (await migrate.RunToExitAsync()).Code);

        await cluster.Fronts[0].StartUntilLiveAsync();
        Assert.False((await cluster.Fronts[0].ReadinessAsync()).IsReady);
        Assert.Equal(0, (await cluster.Fronts[0].TerminateAsync()).Code);
    }

    [Fact]
    public async Task Health_OfAProcess_IsZeroWhileItLives()
    {
        await using var front = Process("front", "--set", "Node:Id=100", $"Postgres:ConnectionString={Away}");
        await using var health = new ServerProcess(front.Ops, ["health", "--ops-port", $"{front.Ops.Port}"]);
        Assert.Equal(1, (await health.RunToExitAsync()).Code);
        await front.StartUntilLiveAsync();
        Assert.Equal(0, (await health.RunToExitAsync()).Code);
    }

    private static ServerProcess Process(string role, params string[] options)
    {
        var ports = FreePorts.Take(2);
        string[] named = role == "migrate" ? [] : ["--ops-port", $"{ports[1]}", .. options.Contains("--port") ? Array.Empty<string>() : ["--port", $"{ports[0]}"]];
        return new ServerProcess(new Uri($"http://127.0.0.1:{ports[1]}"), [role, .. options, .. named]);
    }
}
