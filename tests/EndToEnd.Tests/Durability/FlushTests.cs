using System.Diagnostics;
using Npgsql;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.EndToEnd.Tests.Crashes;
using XmtpOrleans.EndToEnd.Tests.Processes;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Durability;

/// <summary>Publishes one at a time are commits of their own, and each is flushed before its answer, as counted from outside.</summary>
public sealed class FlushTests
{
    private const int Publishes = 40;

    private static readonly TimeSpan StatisticsWithin = TimeSpan.FromSeconds(60);

    private readonly GroupMessages _messages = new(TestKeys.Key(1), ClientLoad.Node, topics: 10, messageLength: 200, run: 1);

    [Fact]
    public async Task Publish_OneAtATime_SqliteIsFlushedBeforeEachAnswer()
    {
        using var folder = new TestFolder();
        using var tools = new TestFolder();
        var unflushed = await UnflushedWrites.BuildAsync(tools, folder.Path);
        await using var silo = unflushed.Watch(new SiloProcess(folder.Path));
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        await client.PublishAsync(_messages.PayerEnvelope(0, 0)); // takes the lease, which is a commit of its own
        for (var number = 1; number <= Publishes; number++)
        {
            var before = unflushed.LogFlushes;
            await client.PublishAsync(_messages.PayerEnvelope(number % 10, (ulong)number));
            Assert.True(unflushed.LogFlushes > before, $"publish {number} was answered without a flush");
        }
    }

    [Theory]
    [InlineData("on")]
    [InlineData("off")] // what the server's default says is overruled
    public async Task Publish_OneAtATime_PostgresFlushesEach(string synchronousCommit)
    {
        using var folder = new TestFolder();
        using var server = await PostgresServer.StartOwnAsync($"synchronous_commit = {synchronousCommit}", "wal_sync_method = fdatasync", "autovacuum = off");
        var database = await server.CreateDatabaseAsync();
        await using var silo = new SiloProcess(folder.Path, database);
        await silo.StartAsync();
        using var client = new OperatorClient(silo.Node);
        await client.PublishAsync(_messages.PayerEnvelope(0, 0));
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        var before = await FlushesAsync(connection);

        for (var number = 1; number <= Publishes; number++)
        {
            await client.PublishAsync(_messages.PayerEnvelope(number % 10, (ulong)number));
        }

        // The server's processes tell their counts about once a second.
        var waited = Stopwatch.StartNew();
        long flushes;
        while ((flushes = await FlushesAsync(connection) - before) < Publishes && waited.Elapsed < StatisticsWithin)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TestContext.Current.CancellationToken);
        }

        Assert.InRange(flushes, Publishes, long.MaxValue);
    }

    private static async Task<long> FlushesAsync(NpgsqlConnection connection)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = connection.PostgreSqlVersion.Major >= 18
            ? "SELECT coalesce(sum(fsyncs), 0)::bigint FROM pg_stat_io WHERE object = 'wal'"
            : "SELECT wal_sync FROM pg_stat_wal";
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
