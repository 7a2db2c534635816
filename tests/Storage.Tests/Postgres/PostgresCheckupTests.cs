using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Storage.Tests.Contract;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Postgres;

/// <summary>A database that lost something refuses to open and says what.</summary>
public sealed class PostgresCheckupTests : IAsyncDisposable
{
    private readonly PostgresHarness _harness = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _harness.DisposeAsync();

    [Fact]
    public async Task Tables_OfAFreshDatabase_AreTheOnesThatAreChecked()
    {
        await (await _harness.OpenAsync()).CloseAsync();

        var columns = await ReadAsync("""
            SELECT relname || '.' || attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
            WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND attnum > 0 AND relname <> 'migration'
            """);
        var indexes = await ReadAsync("""
            SELECT relname FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
            WHERE relnamespace = current_schema()::regnamespace AND NOT relispartition AND (NOT indisprimary OR relname NOT LIKE '%pkey')
            """);

        Assert.Equal(PostgresCheckup.Tables.SelectMany(table => PostgresCheckup.ColumnsOf(table.Value).Select(column => $"{table.Key}.{column}")).Order(), columns.Order());
        Assert.Equal(PostgresCheckup.Indexes.Order(), indexes.Order());
    }

    [Theory]
    [InlineData("DROP TABLE unsettled_usage CASCADE", "table unsettled_usage, index unsettled_usage_by_minute: missing")]
    [InlineData("DROP TABLE envelope_body", "table envelope_body: missing")]
    [InlineData("ALTER TABLE congestion DROP COLUMN messages", "column messages of table congestion: missing")]
    [InlineData("DROP INDEX envelope_by_topic", "index envelope_by_topic: missing")]
    [InlineData("ALTER TABLE rejected DROP CONSTRAINT rejected_pkey", "primary key of table rejected: missing")]
    [InlineData("DROP FUNCTION ensure_envelope_band", "function ensure_envelope_band: missing")]
    [InlineData("DROP TABLE orleansquery; ALTER TABLE cluster_member DROP COLUMN suspicions", "table orleansquery, column suspicions of table cluster_member: missing")]
    public async Task Open_SomethingIsMissing_IsNamed(string damage, string named)
    {
        await (await _harness.OpenAsync()).CloseAsync();
        await ExecuteAsync(damage);

        Assert.Equal($"The database is damaged: {named}. Restore it from a backup.", await RefusalAsync());
    }

    [Fact]
    public async Task Open_PageIsGarbage_NamesTheTable()
    {
        using var server = await PostgresServer.StartOwnAsync();
        var database = await server.CreateDatabaseAsync();
        var store = await _harness.OpenAsync(database);
        await (await LogWriter.TakeAsync(store.Envelopes, 100)).AppendTopicsAsync(StoreContract.Group(1));
        await store.CloseAsync();
        var file = (await ReadAsync(
            database, "SELECT current_setting('data_directory') || '/' || pg_relation_filepath('envelope_body_o100_b0')"))[0];
        await ExecuteAsync(database, "CHECKPOINT");
        server.Kill();
        await using (var page = File.OpenWrite(file)) await page.WriteAsync(Enumerable.Repeat((byte)0xA5, 8192).ToArray(), Cancellation);
        await server.RestartAsync();

        var refusal = await Assert.ThrowsAsync<StoreException>(() => new PostgresHarness().OpenAsync(database));

        Assert.StartsWith("The database is damaged: table envelope_body: invalid page in block 0", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_MigrationWasChangedAfterwards_IsNamed()
    {
        await (await _harness.OpenAsync()).CloseAsync();
        await ExecuteAsync("UPDATE migration SET digest = 'another' WHERE number = 2");

        Assert.Contains("migration 0002_cluster is not the one of this program", await RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_MigratedBeforeDigestsWereKept_TakesThem()
    {
        await (await _harness.OpenAsync()).CloseAsync();
        await ExecuteAsync("ALTER TABLE migration DROP COLUMN digest");

        await (await _harness.OpenAsync()).CloseAsync();

        Assert.DoesNotContain("", await ReadAsync("SELECT coalesce(digest, '') FROM migration"));
    }

    private async Task<string> RefusalAsync()
    {
        var refusal = await Assert.ThrowsAsync<StoreException>(() => _harness.OpenAsync());
        Assert.False(refusal.IsTransient);
        return refusal.Message;
    }

    private Task ExecuteAsync(string sql) => ExecuteAsync(_harness.ConnectionString, sql);

    private static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Cancellation);
    }

    private Task<List<string>> ReadAsync(string sql) => ReadAsync(_harness.ConnectionString, sql);

    private static async Task<List<string>> ReadAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        return await command.AllAsync(static row => row.GetString(0));
    }
}
