using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Storage.Tests.Contract;

namespace XmtpOrleans.Storage.Tests.Postgres;

/// <summary>No call may walk a table, however full or empty it was when its statement was planned.</summary>
public sealed class PostgresPlanTests
{
    private const int Rows = 20_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_OnAFilledLog_ReadAFewRowsThroughIndexes()
    {
        var harness = new PostgresHarness();
        var store = await harness.OpenAsync();
        await ReadAllAsync(store.Envelopes); // plans of empty tables, that a long-lived connection would keep
        await FillAsync(store);
        await store.CloseAsync();

        var read = await CountAsync(harness, async envelopes =>
        {
            for (var round = 0; round < 5; round++)
            {
                await ReadAllAsync(envelopes);
                var log = await LogWriter.TakeAsync(envelopes, 100);
                await log.AppendTopicsAsync(StoreContract.Group(1), StoreContract.Group(2));
            }
        });

        Assert.Equal(0, read.Scans);
        Assert.InRange(read.Rows, 1, 5 * 500);
    }

    [Fact]
    public async Task ReadTopics_OfManyPairs_ReadsNoMoreThanItsBound()
    {
        var harness = new PostgresHarness();
        var store = await harness.OpenAsync();
        await FillAsync(store);
        await store.CloseAsync();
        var opening = await CountAsync(harness, static _ => Task.CompletedTask);

        var read = await CountAsync(harness, envelopes => envelopes.ReadTopicsAsync(
            Positions(), new ReadFilter { NowSeconds = 0 }, new PageLimit(2_000, int.MaxValue), Cancellation));

        Assert.Equal(0, read.Scans);
        Assert.InRange(read.Rows - opening.Rows, 4_000, 16_384 + 2_001 + 100); // one scan of the pairs, and the bodies
    }

    private static TopicPosition[] Positions() =>
        [.. Enumerable.Range(0, 10).Select(number => new TopicPosition(StoreContract.Group(number), Cursor.Empty))];

    private static async Task FillAsync(TestStore store)
    {
        var log = await LogWriter.TakeAsync(store.Envelopes, 100);
        await store.Seeder.SeedAsync(
            new OriginatorId(100), Enumerable.Range(1, Rows).Select(offset => log.Row(StoreContract.Group(offset % 10), offset)), null,
                Cancellation);
    }

    private static async Task<(long Scans, long Rows)> CountAsync(PostgresHarness harness, Func<IEnvelopeStore, Task> use)
    {
        var before = await CountersAsync(harness.ConnectionString);
        var store = await harness.OpenAsync();
        await use(store.Envelopes);
        await store.CloseAsync();
        var after = await CountersAsync(harness.ConnectionString);
        return (after.Scans - before.Scans, after.Rows - before.Rows);
    }

    private static async Task ReadAllAsync(IEnvelopeStore store)
    {
        var limit = new PageLimit(5, 1_000_000);
        var filter = new ReadFilter { NowSeconds = 0, UpTo = Cursor.Of(new OriginatorId(100), new SequenceId(1_000_000)) };
        await store.ReadTopicsAsync(Positions(), filter, limit, Cancellation);
        await store.ReadOriginatorsAsync([new OriginatorId(100)], Cursor.Empty, filter, limit, Cancellation);
        await store.ReadLogAsync(new OriginatorId(100), new SequenceId(500), new SequenceId(SequenceId.MaxValue), limit, Cancellation);
        await store.ReadNewestAsync([StoreContract.Group(1), StoreContract.Group(2)], filter, Cancellation);
        await store.ReadTopicTailAsync(StoreContract.Group(1), filter.UpTo!, limit, Cancellation);
        await store.ReadEntryAsync(new OriginatorId(100), new SequenceId(77), Cancellation);
        await store.ReadFingerprintsAsync(new OriginatorId(100), 0, new SequenceId(900), 10, Cancellation);
        await store.ReadInboxIdsAsync(["0x"], Cancellation);
        await store.ReadCongestionAsync(new OriginatorId(100), 1, Cancellation);
        await store.ReadUsageAsync(Accounts.Payer(1), 60, Cancellation);
        await store.ReadChainCursorAsync(new OriginatorId(100), Cancellation);
        await store.ReadMarksAsync(Cancellation);
    }

    // Sequential scans of the tables that grow, and rows read through their indexes. Sessions report when they end.
    private static async Task<(long Scans, long Rows)> CountersAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync(Cancellation);
        for (var (attempt, last) = (0, (-1L, -1L)); ; attempt++)
        {
            await using var command = new NpgsqlCommand(
                """
                SELECT coalesce(sum(seq_scan), 0)::bigint, coalesce(sum(idx_tup_fetch), 0)::bigint FROM pg_stat_user_tables
                WHERE schemaname = current_schema()
                  AND (relname LIKE 'envelope%' OR relname IN ('mark', 'address_log', 'unsettled_usage', 'congestion'))
                """,
                connection);
            await using var row = await command.ExecuteReaderAsync(Cancellation);
            await row.ReadAsync(Cancellation);
            var counters = (row.GetInt64(0), row.GetInt64(1));
            if (counters == last && attempt > 3) return counters;
            last = counters;
            await Task.Delay(200, Cancellation);
        }
    }
}
