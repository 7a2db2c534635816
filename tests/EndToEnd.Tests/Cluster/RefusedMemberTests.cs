using Npgsql;
using XmtpOrleans.EndToEnd.Tests.Processes;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>A silo that does not belong to the cluster, or finds its tables damaged, ends at its start with a line that says why.</summary>
public sealed class RefusedMemberTests
{
    [Fact]
    public async Task Start_SiloOfAnotherClusterId_IsRefusedAndTheOthersGoOn()
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 2, fronts: 0, gateways: 0);
        await cluster.Silos[0].StartAsync();
        cluster.Silos[1].WithEnvironment("Cluster__Id", "another");

        var exit = await cluster.Silos[1].RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.Contains("another", string.Join('\n', exit.Errors), StringComparison.Ordinal);
        Assert.True((await cluster.Silos[0].ReadinessAsync()).IsReady);
    }

    [Fact]
    public async Task Start_SiloWithAnotherKeyWhileTheLogIsEmpty_IsRefusedAndTheOthersGoOn()
    {
        await using var cluster = await ClusterProcesses.CreateAsync(silos: 2, fronts: 0, gateways: 0);
        using var folder = new TestFolder();
        await File.WriteAllTextAsync(folder.File("other.key"), new string('3', 64), TestContext.Current.CancellationToken);
        await cluster.Silos[0].StartAsync();
        cluster.Silos[1].WithEnvironment("Signer__KeyFile", folder.File("other.key"));

        var exit = await cluster.Silos[1].RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.StartsWith(
            $"The silos of node 100 sign as {ClusterProcesses.NodeAddress}, and this key signs as ", Assert.Single(exit.Errors), StringComparison.Ordinal);
        Assert.True((await cluster.Silos[0].ReadinessAsync()).IsReady);
    }

    [Fact]
    public async Task Start_DevOnTheDatabaseOfACluster_IsRefusedUntilItStops()
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 1, fronts: 0, gateways: 0);
        using var folder = new TestFolder();
        await using var dev = new SiloProcess(folder.Path, cluster.Database);

        var exit = await dev.RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.StartsWith("Silo silo-0 of cluster xmtp works on this database: stop the cluster", Assert.Single(exit.Errors), StringComparison.Ordinal);
        Assert.True((await cluster.Silos[0].ReadinessAsync()).IsReady);
        Assert.Equal(0, (await cluster.Silos[0].TerminateAsync()).Code);
        await dev.StartAsync();
    }

    [Theory]
    [InlineData("UPDATE node SET message_version = message_version + 2", "version")]
    [InlineData("DELETE FROM OrleansQuery WHERE QueryKey = 'GatewaysQueryKey'", "GatewaysQueryKey")]
    public async Task Start_DatabaseDoesNotFit_SaysInWhat(string damage, string named)
    {
        await using var cluster = await ClusterProcesses.StartAsync(silos: 1, fronts: 0, gateways: 0);
        var silo = cluster.Silos[0];
        Assert.Equal(0, (await silo.TerminateAsync()).Code);
        await using (var database = NpgsqlDataSource.Create(cluster.Database))
        await using (var command = database.CreateCommand(damage))
        {
            Assert.True(await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken) > 0);
        }

        var exit = await silo.RunToExitAsync();

        Assert.NotEqual(0, exit.Code);
        Assert.Contains(named, string.Join('\n', exit.Errors), StringComparison.Ordinal);
    }
}
