using Npgsql;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Storage.Tests.Postgres;

public sealed class PostgresServerTests
{
    [Fact]
    public async Task Shared_TwoSchemas_AreApartAndDurable()
    {
        var server = await PostgresServer.SharedAsync();
        await using var first = NpgsqlDataSource.Create(await server.CreateSchemaAsync());
        await using var second = NpgsqlDataSource.Create(await server.CreateSchemaAsync());
        await using (var create = first.CreateCommand("CREATE TABLE only_here (id int)"))
        {
            await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await using var find = second.CreateCommand("SELECT to_regclass('only_here') IS NULL AND current_setting('fsync') = 'on'");
        Assert.True((bool)(await find.ExecuteScalarAsync(TestContext.Current.CancellationToken))!);
    }
}
