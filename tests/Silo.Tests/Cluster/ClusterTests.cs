using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests.Cluster;

/// <summary>Orleans' providers on our own tables and statements.</summary>
public sealed class ClusterTests : IAsyncLifetime
{
    private static readonly GrainId Reader = GrainId.Create("reader", "stream/100");

    private string _database = null!;
    private ClusterHost _silo = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await (await PostgresServer.SharedAsync()).CreateSchemaAsync();
        _silo = await ClusterHost.StartSiloAsync(_database, "one");
    }

    public async ValueTask DisposeAsync()
    {
        if (_silo is not null) await _silo.DisposeAsync();
    }

    [Fact]
    public async Task Start_AnotherSilo_BothSeeTwo()
    {
        await using var other = await ClusterHost.StartSiloAsync(_database, "two");

        await _silo.SeesAsync(2);
        await other.SeesAsync(2);

        await other.StopAsync();
        await _silo.SeesAsync(1);
    }

    [Fact]
    public async Task Start_Client_ReachesTheSilos()
    {
        await using var client = await ClusterHost.StartClientAsync(_database);

        var hosts = await client.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true, Cancellation);

        Assert.Equal([_silo.Address], hosts.Keys);
    }

    [Fact]
    public async Task Start_PredecessorOfTheSameNameIsListed_IsDeclaredDead()
    {
        await ExecuteAsync("""
            UPDATE cluster_version SET version = version + 2;
            INSERT INTO cluster_member (cluster_id, address, port, generation, silo_name, host_name, status, client_port, started_at, alive_at)
            VALUES ('xmtp', '127.0.0.1', 1, 7, 'two', 'gone', 3, 0, now(), now()), ('xmtp', '127.0.0.1', 2, 7, 'two', 'gone', 2, 0, now(), now())
            """);

        await using var second = await ClusterHost.StartSiloAsync(_database, "two");

        // 6 is dead.
        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM cluster_member WHERE generation = 7 AND status = 6"));
        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM cluster_member WHERE generation <> 7 AND status = 3"));
    }

    [Fact]
    public async Task Membership_ChangeBuildsOnAnOldVersion_IsRefused()
    {
        var table = _silo.Services.GetRequiredService<IMembershipTable>();
        var read = await table.ReadAllAsync(Cancellation);
        var (entry, tag) = read.Members.Single();
        var stranger = new MembershipEntry
        {
            SiloAddress = SiloAddress.New(System.Net.IPAddress.Loopback, 1, 1),
            SiloName = "stranger",
            HostName = "host",
            Status = SiloStatus.Dead,
            StartTime = DateTime.UtcNow,
            IAmAliveTime = DateTime.UtcNow,
        };

        Assert.True(await table.InsertRowAsync(stranger, read.Version.Next(), Cancellation));
        Assert.False(await table.InsertRowAsync(stranger, (await table.ReadAllAsync(Cancellation)).Version.Next(), Cancellation)); // is there already
        stranger.SiloAddress = SiloAddress.New(System.Net.IPAddress.Loopback, 2, 1);
        Assert.False(await table.InsertRowAsync(stranger, read.Version.Next(), Cancellation));
        Assert.False(await table.UpdateRowAsync(entry, tag, read.Version.Next(), Cancellation));

        var now = await table.ReadAllAsync(Cancellation);
        Assert.Equal(2, now.Members.Count);
        Assert.Equal(read.Version.Version + 1, now.Version.Version);
        (entry, tag) = now.Members.Single(member => member.Item1.SiloAddress.Equals(_silo.Address));
        Assert.True(await table.UpdateRowAsync(entry, tag, now.Version.Next(), Cancellation));
    }

    [Fact]
    public async Task Membership_RowIsRead_HoldsWhatWasWritten()
    {
        var table = _silo.Services.GetRequiredService<IMembershipTable>();
        var read = await table.ReadRowAsync(_silo.Address, Cancellation);
        var (entry, tag) = read.Members.Single();
        entry.AddSuspector(_silo.Address, new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc));
        Assert.True(await table.UpdateRowAsync(entry, tag, read.Version.Next(), Cancellation));
        entry.IAmAliveTime = new DateTime(2030, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        await table.UpdateIAmAliveAsync(entry, Cancellation);

        var again = (await table.ReadRowAsync(_silo.Address, Cancellation)).Members.Single().Item1;

        Assert.Equal(("one", SiloStatus.Active, entry.IAmAliveTime), (again.SiloName, again.Status, again.IAmAliveTime));
        Assert.Equal(entry.SuspectTimes, again.SuspectTimes);
        Assert.Empty((await table.ReadRowAsync(SiloAddress.New(System.Net.IPAddress.Loopback, 9, 9), Cancellation)).Members);
    }

    [Fact]
    public async Task Cleanup_DefunctEntries_AreGone()
    {
        await ExecuteAsync("""
            INSERT INTO cluster_member (cluster_id, address, port, generation, silo_name, host_name, status, client_port, started_at, alive_at)
            VALUES ('xmtp', '127.0.0.1', 1, 7, 'old', 'gone', 6, 0, now() - interval '9 days', now() - interval '8 days'),
                   ('xmtp', '127.0.0.1', 2, 7, 'recent', 'gone', 6, 0, now() - interval '9 days', now() - interval '6 days')
            """);

        await _silo.Services.GetRequiredService<IMembershipTable>().CleanupDefunctSiloEntriesAsync(DateTimeOffset.UtcNow.AddDays(-7), Cancellation);

        Assert.Equal(0L, await ScalarAsync<long>("SELECT count(*) FROM cluster_member WHERE silo_name = 'old'"));
        Assert.Equal(2L, await ScalarAsync<long>("SELECT count(*) FROM cluster_member"));
    }

    [Fact]
    public async Task State_WrittenReadAndCleared()
    {
        var storage = _silo.Services.GetRequiredKeyedService<IGrainStorage>("PubSubStore");
        var written = new GrainState<List<string>>(["a", "b"]);
        await storage.WriteStateAsync("readers", Reader, written);
        written.State!.Add("c");
        await storage.WriteStateAsync("readers", Reader, written);

        var read = await ReadAsync(storage);
        Assert.Equal(["a", "b", "c"], read.State);
        Assert.True(read.RecordExists);

        await storage.ClearStateAsync("readers", Reader, read);
        Assert.False((await ReadAsync(storage)).RecordExists);
        Assert.Equal(0L, await ScalarAsync<long>("SELECT count(*) FROM grain_state"));
    }

    [Fact]
    public async Task State_TwoWriters_TheSecondIsRefused()
    {
        var storage = _silo.Services.GetRequiredKeyedService<IGrainStorage>("PubSubStore");
        await storage.WriteStateAsync("readers", Reader, new GrainState<List<string>>(["a"]));
        var (one, other) = (await ReadAsync(storage), await ReadAsync(storage));
        await storage.WriteStateAsync("readers", Reader, one);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("readers", Reader, other));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync("readers", Reader, other));
        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync("readers", Reader, new GrainState<List<string>>(["new"])));
        Assert.Equal(["a"], (await ReadAsync(storage)).State);
    }

    [Fact]
    public async Task Start_AnotherClusterId_IsRefused()
    {
        var refusal = await Assert.ThrowsAsync<StoreException>(() => ClusterHost.StartSiloAsync(_database, "two", ("Cluster:Id", "other")));
        Assert.Equal("The database belongs to cluster 'xmtp', not to 'other': correct Cluster:Id, or connect to the database of 'other'.", refusal.Message);
    }

    [Fact]
    public async Task Start_WithoutAddress_SaysWhatToSet()
    {
        var refusal = await Assert.ThrowsAsync<OptionsValidationException>(() => ClusterHost.StartSiloAsync(
            _database, "two", ("Cluster:AdvertisedAddress", ""), ("Cluster:ListenAddress", "here"), ("Cluster:SiloPort", "0")));
        Assert.Contains(refusal.Failures, static text => text.StartsWith("Cluster:AdvertisedAddress is not set: give the IP address", StringComparison.Ordinal));
        Assert.Contains(refusal.Failures, static text => text.StartsWith("Cluster:ListenAddress = here: give an IP address", StringComparison.Ordinal));
        Assert.Contains(refusal.Failures, static text => text.StartsWith("SiloPort:", StringComparison.Ordinal));
    }

    private static async Task<GrainState<List<string>>> ReadAsync(IGrainStorage storage)
    {
        var state = new GrainState<List<string>>();
        await storage.ReadStateAsync("readers", Reader, state);
        return state;
    }

    private async Task ExecuteAsync(string sql) => await ScalarAsync<object?>(sql);

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = new NpgsqlConnection(_database);
        await connection.OpenAsync(Cancellation);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
