using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Postgres;

public sealed class PostgresClusterDatabaseTests : IAsyncLifetime
{
    private static readonly ClusterIdentity Identity = new(new(100), "xmtp", "xmtp", 5);

    private readonly PostgresHarness _harness = new();
    private TestStore _store = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private IClusterDatabase Cluster => _store.Owner.GetRequiredService<IClusterDatabase>();

    public async ValueTask InitializeAsync() => _store = await _harness.OpenAsync();

    public async ValueTask DisposeAsync()
    {
        if (_store is not null) await _store.CloseAsync();
    }

    [Fact]
    public async Task Enter_SameIdentity_IsTaken()
    {
        await Cluster.CheckAsync(Identity with { MessageVersion = 9 }, Cancellation); // nobody came before
        await Cluster.EnterAsync(Identity, Cancellation);
        await Cluster.EnterAsync(Identity, Cancellation);
        await Cluster.CheckAsync(Identity, Cancellation);
    }

    [Fact]
    public async Task Enter_MessageVersionsOneStepApart_AreTaken()
    {
        await Cluster.EnterAsync(Identity, Cancellation);
        await Cluster.EnterAsync(Identity with { MessageVersion = 4 }, Cancellation);
        await Cluster.EnterAsync(Identity with { MessageVersion = 6 }, Cancellation);
        await Cluster.EnterAsync(Identity, Cancellation); // an old one restarts during the upgrade
        await Cluster.EnterAsync(Identity with { MessageVersion = 7 }, Cancellation);
    }

    [Theory]
    [InlineData(3, 4)]
    [InlineData(7, 6)]
    public async Task Enter_MessageVersionTwoStepsAway_IsRefused(int version, int between)
    {
        await Cluster.EnterAsync(Identity, Cancellation);

        var refusal = await Assert.ThrowsAsync<StoreException>(() => Cluster.EnterAsync(Identity with { MessageVersion = version }, Cancellation));

        Assert.Equal(
            $"The cluster speaks message version 5, this program {version}: only one step at a time is possible. Run a version that speaks {between} first.",
            refusal.Message);
    }

    [Fact]
    public async Task Enter_AnotherNodeClusterOrService_IsRefused()
    {
        await Cluster.EnterAsync(Identity, Cancellation);

        await AssertRefusedAsync(Identity with { Node = new(200) }, "node '100', not to '200': correct Node:Id");
        await AssertRefusedAsync(Identity with { ClusterId = "other" }, "cluster 'xmtp', not to 'other': correct Cluster:Id");
        await AssertRefusedAsync(Identity with { ServiceId = "other" }, "service 'xmtp', not to 'other': correct Cluster:ServiceId");
    }

    [Fact]
    public async Task Enter_AnotherKey_IsRefusedAndSaysWhich()
    {
        await Cluster.EnterAsync(Identity, Cancellation); // by a version that did not say
        await Cluster.EnterAsync(Identity with { Signer = "0xaa" }, Cancellation);
        await Cluster.EnterAsync(Identity with { Signer = "0xaa" }, Cancellation);
        await Cluster.EnterAsync(Identity, Cancellation);
        await Cluster.CheckAsync(Identity, Cancellation); // a front has no key

        var refusal = await Assert.ThrowsAsync<StoreException>(() => Cluster.EnterAsync(Identity with { Signer = "0xbb" }, Cancellation));

        Assert.False(refusal.IsTransient);
        Assert.StartsWith("The silos of node 100 sign as 0xaa, and this key signs as 0xbb: give the key of 0xaa.", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2 minutes", 3, "1 hour", true)] // nobody works
    [InlineData("2 minutes", 6, "1 second", true)]
    [InlineData("2 minutes", 3, "1 second", false)]
    [InlineData("30 seconds", 6, "1 second", false)] // the other one may be about to join
    public async Task Enter_AnotherKeyLater_IsTakenWhenNoSiloWorks(string entered, int status, string alive, bool isTaken)
    {
        await Cluster.EnterAsync(Identity with { Signer = "0xaa" }, Cancellation);
        await ExecuteAsync($"UPDATE node SET signer_at = now() - interval '{entered}'");
        await ListAsync(status, alive);

        var entering = Cluster.EnterAsync(Identity with { Signer = "0xbb" }, Cancellation);

        if (isTaken) await entering;
        else await Assert.ThrowsAsync<StoreException>(() => entering);
    }

    [Theory]
    [InlineData(3, "1 second", false)]
    [InlineData(2, "1 second", false)]
    [InlineData(6, "1 second", true)]
    [InlineData(3, "1 hour", true)]
    public async Task CheckAlone_SilosOfAnyCluster_AreNamedWhileTheyWork(int status, string alive, bool isAlone)
    {
        await Cluster.CheckAloneAsync(Cancellation);
        await ListAsync(status, alive);

        var check = Cluster.CheckAloneAsync(Cancellation);

        if (isAlone) await check;
        else Assert.StartsWith("Silo a of cluster any works on this database: stop the cluster", (await Assert.ThrowsAsync<StoreException>(() => check)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE FROM OrleansQuery WHERE QueryKey = 'WriteToStorageKey'", "key in table OrleansQuery: WriteToStorageKey.")]
    [InlineData("DROP TABLE OrleansQuery", "table orleansquery.")]
    [InlineData("DROP TABLE grain_state; DROP TABLE cluster_member", "table cluster_member, grain_state.")]
    public async Task Enter_TableOrKeyIsMissing_IsNamed(string damage, string named)
    {
        await ExecuteAsync(damage);

        var refusal = await Assert.ThrowsAsync<StoreException>(() => Cluster.EnterAsync(Identity, Cancellation));

        Assert.Equal($"The database lacks what a cluster needs: {named} Restore it from a backup.", refusal.Message);
    }

    private Task ListAsync(int status, string alive) => ExecuteAsync(
        $"""
        INSERT INTO cluster_version VALUES ('any', 1);
        INSERT INTO cluster_member (cluster_id, address, port, generation, silo_name, host_name, status, client_port, started_at, alive_at)
        VALUES ('any', '127.0.0.1', 1, 1, 'a', 'h', {status}, 0, now(), now() - interval '{alive}')
        """);

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_harness.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private async Task AssertRefusedAsync(ClusterIdentity identity, string expected)
    {
        var refusals = new[]
        {
            await Assert.ThrowsAsync<StoreException>(() => Cluster.EnterAsync(identity, Cancellation)),
            await Assert.ThrowsAsync<StoreException>(() => Cluster.CheckAsync(identity, Cancellation)),
        };
        Assert.All(refusals, refusal => Assert.Contains(expected, refusal.Message, StringComparison.Ordinal));
    }
}
