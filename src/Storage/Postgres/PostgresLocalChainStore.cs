using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>The chain of one machine in the node's database; any process of the node may append.</summary>
internal sealed class PostgresLocalChainStore(PostgresDatabase database) : ILocalChainStore, IDisposable
{
    private const string Columns = "contract, sequence_id, identifier, payload, block, block_time_ns";

    // Taken in a statement of its own, so that the next one sees what was appended while this one waited.
    private const string LockSql = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '.local_chain_event', 0))";

    private const string AppendSql = $"""
        WITH known AS (
          SELECT {Columns} FROM local_chain_event
          WHERE contract = $1 AND digest = $2 AND block_time_ns >= $6 ORDER BY block_time_ns LIMIT 1),
        head AS (SELECT block, block_time_ns FROM local_chain_event ORDER BY block DESC LIMIT 1),
        added AS (
          INSERT INTO local_chain_event (block, block_time_ns, contract, sequence_id, digest, identifier, payload)
          SELECT coalesce((SELECT block FROM head), 0) + 1, greatest($5, coalesce((SELECT block_time_ns FROM head), 0) + 1), $1,
            coalesce((SELECT max(sequence_id) FROM local_chain_event WHERE contract = $1), 0) + 1, $2, $3, $4
          WHERE NOT EXISTS (SELECT FROM known)
          RETURNING {Columns})
        SELECT {Columns}, NULL AS told FROM known UNION ALL
        SELECT {Columns}, CAST(pg_notify('{PostgresNotifications.Channel}', current_schema() || ':' || contract || ':'
            || sequence_id) AS text) FROM added
        """;

    private const string ReadSql = $"""
        SELECT {Columns} FROM local_chain_event WHERE contract = $1 AND sequence_id > $2 ORDER BY contract, sequence_id LIMIT $3
        """;

    private const string ReadLastSql = """
        SELECT contract, max(sequence_id) FROM local_chain_event GROUP BY contract
        """;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    // Appends take turns in the database anyway. In the process they wait without a connection, so that many of them leave some to the logs.
    private readonly SemaphoreSlim _turn = new(initialCount: 1);

    public Task<ChainEvent> AppendAsync(
        ChainContract contract,
        ReadOnlyMemory<byte> identifier,
        ReadOnlyMemory<byte> payload,
        long nowNs,
        long sinceNs,
        CancellationToken cancellationToken) => database.CallAsync(
            async () =>
            {
                if (!await _turn.WaitAsync(LongestWait, cancellationToken))
                {
                    throw new StoreException("Too many broadcasts wait.", innerException: null, isTransient: true);
                }

                try
                {
                    return await AppendOnceAsync(contract, identifier, payload, nowNs, sinceNs);
                }
                finally
                {
                    _turn.Release();
                }
            },
            cancellationToken);

    public Task<IReadOnlyList<ChainEvent>> ReadAsync(
        ChainContract contract, SequenceId after, int limit, CancellationToken cancellationToken) =>
            database.CallAsync<IReadOnlyList<ChainEvent>>(
            async () =>
            {
                await using var command = database.Reader.CreateCommand(ReadSql);
                command.Parameters.With((int)contract).With((long)after.Value).With((long)limit);
                return await command.AllAsync(Event);
            },
            cancellationToken);

    public Task WaitForAppendAsync(ChainContract contract, SequenceId after, TimeSpan wait, CancellationToken cancellationToken) =>
        database.LocalChainSignal.WaitAsync(contract, after, wait, cancellationToken);

    public void Dispose() => _turn.Dispose();

    /// <summary>The last event of each contract.</summary>
    internal static async Task<List<(ChainContract Contract, SequenceId Last)>> ReadLastAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(ReadLastSql, connection);
        return await command.AllAsync(row => ((ChainContract)row.GetInt32(0), new SequenceId((ulong)row.GetInt64(1))));
    }

    private async Task<ChainEvent> AppendOnceAsync(
        ChainContract contract, ReadOnlyMemory<byte> identifier, ReadOnlyMemory<byte> payload, long nowNs, long sinceNs)
    {
        await using var batch = database.Writer.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(LockSql));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(AppendSql));
        batch.BatchCommands[1].Parameters.With((int)contract).With(LocalChainDigest.Of(identifier.Span, payload.Span))
            .With(identifier).With(payload).With(nowNs).With(sinceNs);
        await using var row = await batch.ExecuteReaderAsync(CancellationToken.None);
        await row.NextResultAsync(CancellationToken.None);
        await row.ReadAsync(CancellationToken.None);
        var appended = Event(row);
        await row.DisposeAsync(); // the commit ends with it
        database.LocalChainSignal.Raise(appended.Contract, appended.Sequence);
        return appended;
    }

    private static ChainEvent Event(NpgsqlDataReader row) => LocalChainEvents.Of(
        (ChainContract)row.GetInt32(0),
        new SequenceId((ulong)row.GetInt64(1)),
        row.GetFieldValue<byte[]>(2),
        row.GetFieldValue<byte[]>(3),
        (ulong)row.GetInt64(4),
        row.GetInt64(5));
}
