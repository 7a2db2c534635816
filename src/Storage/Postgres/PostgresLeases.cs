using Microsoft.Extensions.Logging;
using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Takes logs over. The row's lock waits for a commit in flight; what holds it for longer is ended.</summary>
internal sealed partial class PostgresLeases(NpgsqlDataSource writer, NpgsqlDataSource maintenance, TimeProvider clock, ILogger logger)
{
    private const int EndSeconds = 1; // for ending what blocks: less than a lease is waited for

    private static readonly TimeSpan LongestBlock = TimeSpan.FromSeconds(1);

    private const string TakeSql = """
        UPDATE originator SET lease_epoch = lease_epoch + 1 WHERE originator_id = $1 RETURNING lease_epoch, clock_timestamp()
        """;

    // A statement of its own: its snapshot is taken when the lock is held, so it sees the commit that was waited for.
    private const string ReadMarkSql = """
        SELECT last_sequence_id, last_ns FROM mark WHERE originator_id = $1 ORDER BY previous_sequence_id DESC LIMIT 1
        """;

    private const string CreateLockSql = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.originator', 0))";

    // Writes nothing when every slot is taken.
    private const string CreateSql = """
        INSERT INTO originator (originator_id, queue_slot, lease_epoch, low_water_mark)
        SELECT $1, slot, 0, 0 FROM generate_series(0, $2 - 1) AS slot WHERE slot NOT IN (SELECT queue_slot FROM originator)
        ORDER BY slot LIMIT 1 ON CONFLICT (originator_id) DO NOTHING
        """;

    private const string EndBlockersSql = "SELECT count(pg_terminate_backend(blocker)) FROM unnest(pg_blocking_pids($1)) AS blocker";

    public async Task<Lease> TakeAsync(OriginatorId originator, byte[] fingerprintKey)
    {
        if (await TryTakeAsync(originator, fingerprintKey) is { } lease) return lease;
        await CreateAsync(originator);
        return await TryTakeAsync(originator, fingerprintKey) ?? throw QueueSlots.Full(originator);
    }

    private async Task<Lease?> TryTakeAsync(OriginatorId originator, byte[] fingerprintKey)
    {
        await using var connection = await writer.OpenConnectionAsync();
        using var taken = new CancellationTokenSource();
        var taking = TakeAsync(connection, originator, fingerprintKey);
        while (await Task.WhenAny(taking, Task.Delay(LongestBlock, clock, taken.Token)) != taking)
        {
            try
            {
                await EndBlockersAsync(connection.ProcessID, originator);
            }
            catch (NpgsqlException failure) when (failure is not PostgresException)
            {
                // No answer: then the statement that waits for the lease has its own time limit, and its connection must live until that is over.
            }
        }

        await taken.CancelAsync();
        return await taking;
    }

    private static async Task<Lease?> TakeAsync(NpgsqlConnection connection, OriginatorId originator, byte[] fingerprintKey)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(TakeSql));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ReadMarkSql));
        batch.BatchCommands[0].Parameters.With((int)originator.Value);
        batch.BatchCommands[1].Parameters.With((int)originator.Value);
        await using var row = await batch.ExecuteReaderAsync();
        if (!await row.ReadAsync()) return null;
        var (epoch, time) = (row.GetInt64(0), row.GetFieldValue<DateTimeOffset>(1));
        await row.NextResultAsync();
        var hasMark = await row.ReadAsync();
        return new Lease
        {
            Originator = originator,
            Epoch = epoch,
            Last = new SequenceId(hasMark ? (ulong)row.GetInt64(0) : 0),
            LastNs = hasMark ? row.GetInt64(1) : 0,
            StoreTime = time,
            FingerprintKey = fingerprintKey,
        };
    }

    private async Task CreateAsync(OriginatorId originator)
    {
        await using var batch = writer.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(CreateLockSql)); // two logs that are created together get two slots
        batch.BatchCommands.Add(new NpgsqlBatchCommand(CreateSql));
        batch.BatchCommands[1].Parameters.With((int)originator.Value).With(QueueSlots.Count);
        await batch.ExecuteNonQueryAsync();
    }

    private async Task EndBlockersAsync(int waiting, OriginatorId originator)
    {
        await using var command = maintenance.CreateCommand(EndBlockersSql);
        command.CommandTimeout = EndSeconds;
        command.Parameters.With(waiting);
        var ended = (long)(await command.ExecuteScalarAsync())!;
        if (ended > 0) LogBlockersEnded(logger, ended, originator);
    }

    [LoggerMessage(EventIds.BlockersEnded, LogLevel.Warning,
        "Ended {Count} database sessions that kept the log of {Originator} from being taken over")]
    private static partial void LogBlockersEnded(ILogger logger, long count, OriginatorId originator);
}
