using System.Diagnostics;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Storage.Tests.Contract;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Postgres;

/// <summary>Servers of their own: killed, frozen, or set up so that they lose what they acknowledge.</summary>
public sealed class PostgresServerLossTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_KilledDuringLoad_KeepsWhatItAcknowledged()
    {
        using var server = await PostgresServer.StartOwnAsync();
        var harness = new PostgresHarness();
        var store = await harness.OpenAsync(await server.CreateDatabaseAsync());
        var log = await LogWriter.TakeAsync(store.Envelopes, 100);
        var loaded = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var appending = Task.Run(
            async () =>
            {
                while (true)
                {
                    await log.AppendTopicsAsync(StoreContract.Group(1), StoreContract.Group(2));
                    if (log.Last.Value > 100) loaded.TrySetResult();
                }
            },
            Cancellation);
        await Task.WhenAny(loaded.Task, appending);

        server.Kill();
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => appending)).IsTransient);
        await AssertUnavailableAsync(() => store.Envelopes.ReadMarksAsync(Cancellation).AsTask());
        await AssertUnavailableAsync(() => log.AppendTopicsAsync(StoreContract.Group(1)));
        await AssertUnavailableAsync(() => store.Envelopes.TakeLeaseAsync(new OriginatorId(100), Cancellation));
        await AssertUnavailableAsync(() => store.Envelopes.ReadTopicsAsync(
            [new(StoreContract.Group(1), Protocol.Cursors.Cursor.Empty)], new ReadFilter { NowSeconds = 0 }, new PageLimit(1, 1),
                Cancellation));

        await server.RestartAsync();
        var lease = await AgainAsync(() => store.Envelopes.TakeLeaseAsync(new OriginatorId(100), Cancellation));
        Assert.True(lease.Last >= log.Last); // the commit in flight may be there, too
        var entries = (await store.Envelopes.ReadLogAsync(
            new OriginatorId(100), default, log.Last, new PageLimit(int.MaxValue, int.MaxValue), Cancellation)).Entries;
        Assert.Equivalent(log.Entries, entries, strict: true);
        await store.CloseAsync();
    }

    [Theory]
    [InlineData("fsync")]
    [InlineData("full_page_writes")]
    public async Task Open_SettingOff_IsRefused(string setting)
    {
        using var server = await PostgresServer.StartOwnAsync($"{setting} = off");

        var failure = await Assert.ThrowsAsync<StoreException>(async ()
            => await new PostgresHarness().OpenAsync(await server.CreateDatabaseAsync()));

        Assert.Equal($"PostgreSQL runs with {setting} off and may lose what it acknowledged; set {setting} = on.", failure.Message);
    }

    [Fact]
    public async Task Open_SynchronousCommitOffForTheDatabase_IsOnForTheStore()
    {
        using var server = await PostgresServer.StartOwnAsync("synchronous_commit = off");
        var connectionString = await server.CreateDatabaseAsync();
        var store = await new PostgresHarness().OpenAsync(connectionString);
        await using var writer = PostgresSettings.WriterSource(new PostgresOptions { ConnectionString = connectionString });
        await using var read = writer.CreateCommand("SHOW synchronous_commit");

        Assert.Equal("on", await read.ExecuteScalarAsync(Cancellation));
        await store.CloseAsync();
    }

    [Fact]
    public async Task Open_NoServer_SaysSoInOneLine()
    {
        var failure = await Assert.ThrowsAsync<StoreException>(()
            => new PostgresHarness().OpenAsync("Host=127.0.0.1;Port=1;Username=x;Password=secret"));

        Assert.True(failure.IsTransient);
        Assert.Equal("PostgreSQL cannot be reached or does not answer; start it, or check the network.", failure.Message);
    }

    [Fact]
    public async Task Open_SingleProcessInUse_IsRefusedUntilItIsClosed()
    {
        var harness = new PostgresHarness(options => options.SingleProcess = true);
        var first = await harness.OpenAsync();

        var failure = await Assert.ThrowsAsync<StoreException>(() => harness.OpenAsync());
        Assert.Equal("The database is in use by another process; stop it, or name another database or schema.", failure.Message);

        await first.CloseAsync();
        await (await harness.OpenAsync()).CloseAsync();
    }

    [Fact]
    public async Task Open_SchemaMissing_IsRefused()
    {
        var connectionString = await (await PostgresServer.SharedAsync()).CreateSchemaAsync() + "_missing";

        var failure = await Assert.ThrowsAsync<StoreException>(() => new PostgresHarness().OpenAsync(connectionString));

        Assert.Contains("search path names no schema", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_NewerSchema_IsRefused()
    {
        var harness = new PostgresHarness();
        await (await harness.OpenAsync()).CloseAsync();
        await using (var source = NpgsqlDataSource.Create(harness.ConnectionString))
        await using (var later = source.CreateCommand("INSERT INTO migration (number, name) VALUES (9999, 'later')"))
        {
            await later.ExecuteNonQueryAsync(Cancellation);
        }

        Assert.Contains("newer version (schema 9999", (await Assert.ThrowsAsync<StoreException>(() => harness.OpenAsync())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_SomebodyIsNotYetDoneMigrating_IsToBeTriedAgain()
    {
        var migrating = new PostgresHarness();
        await (await migrating.OpenAsync()).CloseAsync();
        await using (var source = NpgsqlDataSource.Create(migrating.ConnectionString))
        await using (var notYet = source.CreateCommand("DELETE FROM node"))
        {
            await notYet.ExecuteNonQueryAsync(Cancellation);
        }

        var front = new PostgresHarness(static options => options.Migrate = false);
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => front.OpenAsync(migrating.ConnectionString))).IsTransient);

        await (await migrating.OpenAsync()).CloseAsync();
        await (await front.OpenAsync(migrating.ConnectionString)).CloseAsync();
    }

    [Fact]
    public void Options_Defaults_AreAsDocumented()
    {
        var options = new PostgresOptions { ConnectionString = "Host=here" };

        Assert.Equal(
            (false, 16, 6, 1, 10, 2),
            (options.SingleProcess, options.ReaderConnections, options.WriterConnections, options.ConnectTimeoutSeconds,
                options.ReadTimeoutSeconds, options.CommitTimeoutSeconds));
        Assert.True(new PostgresOptionsValidator().Validate(null, options).Succeeded);
        Assert.True(new PostgresOptionsValidator().Validate(null, new PostgresOptions()).Failed);
    }

    private static async Task AssertUnavailableAsync(Func<Task> call)
    {
        var watch = Stopwatch.StartNew();
        Assert.True((await Assert.ThrowsAsync<StoreException>(call)).IsTransient);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{watch.Elapsed}"); // a second on a machine that is not busy
    }

    // Connections that died with the server are noticed one by one.
    private static async Task<T> AgainAsync<T>(Func<Task<T>> call)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return await call();
            }
            catch (StoreException failure) when (failure.IsTransient && attempt < 50)
            {
                await Task.Delay(100, Cancellation);
            }
        }
    }
}
