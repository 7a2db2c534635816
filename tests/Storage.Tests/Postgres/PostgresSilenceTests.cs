using System.Diagnostics;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage.Tests.Contract;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Postgres;

/// <summary>Servers that take connections and answer nothing: frozen, or behind a network that lost its way.</summary>
public sealed class PostgresSilenceTests
{
    private static readonly OriginatorId Log = new(100);

    // A second on a machine that is not busy.
    private static readonly TimeSpan Bar = TimeSpan.FromSeconds(5);

    private static PostgresHarness NewHarness() => new(
        static options => (options.ConnectTimeoutSeconds, options.CommitTimeoutSeconds, options.ReadTimeoutSeconds) = (1, 1, 10), TimeProvider.System);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_Frozen_CallsAreRefusedAndGoOnWhenItThaws()
    {
        using var server = await PostgresServer.StartOwnAsync();
        var store = await NewHarness().OpenAsync(await server.CreateDatabaseAsync());
        var log = await LogWriter.TakeAsync(store.Envelopes, Log.Value);
        await log.AppendTopicsAsync(StoreContract.Group(1));
        await store.Envelopes.ReadMarksAsync(Cancellation);

        server.Freeze();
        try
        {
            await CheckSilentAsync(store.Envelopes);
        }
        finally
        {
            server.Thaw();
        }

        await CheckBackAsync(store.Envelopes, log);
        await store.CloseAsync();
    }

    [Fact]
    public async Task Server_FrozenWithACommitSent_ItIsDoneOrFencedAndNeverBothWays()
    {
        using var server = await PostgresServer.StartOwnAsync();
        var store = await NewHarness().OpenAsync(await server.CreateDatabaseAsync());
        var log = await LogWriter.TakeAsync(store.Envelopes, Log.Value);
        await log.AppendTopicsAsync(StoreContract.Group(1));

        server.Freeze();
        var commit = log.AppendTopicsAsync(StoreContract.Group(1));
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => commit)).IsTransient);
        server.Thaw();

        // The statement that nobody waits for any more commits before the lease is taken, or is fenced by it.
        var lease = await AgainAsync(() => store.Envelopes.TakeLeaseAsync(Log, Cancellation));
        var page = await store.Envelopes.ReadLogAsync(Log, default, new SequenceId(10), new PageLimit(10, 1 << 20), Cancellation);
        Assert.Equal(lease.Last, page.Entries[^1].Sequence);
        Assert.Equal(lease.Last, (await store.Envelopes.ReadMarksAsync(Cancellation))[Log]);
        var next = await LogWriter.TakeAsync(store.Envelopes, Log.Value);
        await next.AppendTopicsAsync(StoreContract.Group(1));
        Assert.Equal(lease.Last.Next(), next.Last);
        await store.CloseAsync();
    }

    [Fact]
    public async Task Network_LosesEverything_CallsAreRefusedAndGoOnWhenItIsBack()
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpRelay(server.Port);
        var store = await NewHarness().OpenAsync(Through(network, server, await server.CreateSchemaAsync()));
        var log = await LogWriter.TakeAsync(store.Envelopes, Log.Value);
        await log.AppendTopicsAsync(StoreContract.Group(1));

        network.Drop();
        await CheckSilentAsync(store.Envelopes);
        network.Restore();

        await CheckBackAsync(store.Envelopes, log);
        await store.CloseAsync();
    }

    [Fact]
    public async Task Disk_TakesNoWriteAndGivesNoRow_ReadsThatWaitAreRefusedSoonAndOthersGoOn()
    {
        var server = await PostgresServer.SharedAsync();
        var schema = await server.CreateSchemaAsync();
        var store = await NewHarness().OpenAsync(schema);
        var log = await LogWriter.TakeAsync(store.Envelopes, Log.Value);
        await log.AppendTopicsAsync(StoreContract.Group(1));
        await using var source = Npgsql.NpgsqlDataSource.Create(schema + ";Pooling=false");
        await using var disk = await source.OpenConnectionAsync(Cancellation);
        await using var held = await disk.BeginTransactionAsync(Cancellation); // to who waits, locks are what a disk is that hangs
        await using (var hold = new Npgsql.NpgsqlCommand("SELECT FROM node FOR UPDATE; LOCK TABLE envelope_body IN ACCESS EXCLUSIVE MODE", disk))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        var watch = Stopwatch.StartNew();
        var refusal = await Assert.ThrowsAsync<StoreException>(ReadAsync);
        Assert.True(watch.Elapsed < Bar, $"refused after {watch.Elapsed}");
        Assert.True(refusal.IsTransient);
        Assert.Contains("disk", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(log.Last, (await store.Envelopes.ReadMarksAsync(Cancellation))[Log]);

        await held.RollbackAsync(Cancellation);
        Assert.Single((await AgainAsync(ReadAsync)).Entries);
        await store.CloseAsync();

        Task<EntryPage> ReadAsync() => store.Envelopes.ReadLogAsync(Log, default, new SequenceId(1), new PageLimit(1, 1 << 20), Cancellation);
    }

    [Fact]
    public async Task SingleProcess_ServerBelievesInASessionThatIsLost_IsTakenOverByItsOwner()
    {
        var server = await PostgresServer.SharedAsync();
        await using var network = new TcpRelay(server.Port);
        var harness = new PostgresHarness(static options => options.SingleProcess = true, TimeProvider.System);
        var schema = await server.CreateSchemaAsync();
        var store = await harness.OpenAsync(Through(network, server, schema));
        await LogWriter.TakeAsync(store.Envelopes, Log.Value);
        var before = await SessionAsync(schema);

        network.CutClients();

        await EventuallyAsync(async () => await SessionAsync(schema) is var holder && holder != 0 && holder != before);
        Assert.NotNull(await AgainAsync(() => store.Envelopes.TakeLeaseAsync(Log, Cancellation)));
        await store.CloseAsync();
    }

    private static string Through(TcpRelay network, PostgresServer server, string connectionString) =>
        connectionString.Replace($"Port={server.Port}", $"Port={network.Port}", StringComparison.Ordinal);

    private static async Task CheckSilentAsync(IEnvelopeStore store)
    {
        var group = StoreContract.Group(1);
        Func<Task>[] calls =
        [
            () => store.ReadMarksAsync(Cancellation).AsTask(),
            () => store.ReadTopicsAsync([new(group, Cursor.Empty)], new ReadFilter { NowSeconds = 0 }, new PageLimit(1, 1), Cancellation),
            () => store.ReadLogAsync(Log, default, new SequenceId(1), new PageLimit(1, 1), Cancellation),
            () => store.TakeLeaseAsync(Log, Cancellation),
        ];
        var watch = Stopwatch.StartNew();
        foreach (var failure in await Task.WhenAll(calls.Select(call => Assert.ThrowsAsync<StoreException>(call)))) Assert.True(failure.IsTransient);
        Assert.True(watch.Elapsed < Bar, $"refused after {watch.Elapsed}");

        watch.Restart();
        foreach (var call in calls.Skip(1)) await Assert.ThrowsAsync<StoreException>(call); // not one after the other has to wait
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1), $"refused again after {watch.Elapsed}");
    }

    private static async Task CheckBackAsync(IEnvelopeStore store, LogWriter log)
    {
        var lease = await AgainAsync(() => store.TakeLeaseAsync(Log, Cancellation));
        Assert.Equal(log.Last, lease.Last);
        Assert.Equal(log.Last, (await AgainAsync(() => store.ReadMarksAsync(Cancellation).AsTask()))[Log]);
    }

    private static async Task<int> SessionAsync(string schema)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(schema + ";Pooling=false");
        await using var read = source.CreateCommand("""
            SELECT coalesce(max(pid), 0) FROM pg_locks WHERE locktype = 'advisory' AND granted
              AND ((classid::bigint << 32) | objid::bigint) = hashtextextended(current_schema() || '.process', 0)
            """);
        return (int)(await read.ExecuteScalarAsync(Cancellation))!;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "the session did not come back");
            await Task.Delay(50, Cancellation);
        }
    }

    private static async Task<T> AgainAsync<T>(Func<Task<T>> call)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (StoreException failure) when (failure.IsTransient && watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(20, Cancellation);
            }
        }
    }
}
