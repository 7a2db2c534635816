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

    [Theory]
    [InlineData("DELETE FROM OrleansQuery WHERE QueryKey = 'WriteToStorageKey'", "key in table OrleansQuery: WriteToStorageKey.")]
    [InlineData("DROP TABLE OrleansQuery", "table orleansquery.")]
    [InlineData("DROP TABLE grain_state; DROP TABLE cluster_member", "table cluster_member, grain_state.")]
    public async Task Enter_TableOrKeyIsMissing_IsNamed(string damage, string named)
    {
        await using var connection = new NpgsqlConnection(_harness.ConnectionString);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(damage, connection);
        await command.ExecuteNonQueryAsync(Cancellation);

        var refusal = await Assert.ThrowsAsync<StoreException>(() => Cluster.EnterAsync(Identity, Cancellation));

        Assert.Equal($"The database lacks what a cluster needs: {named} Restore it from a backup.", refusal.Message);
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
