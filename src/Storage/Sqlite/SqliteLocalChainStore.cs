using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>The chain of one machine in the node's file.</summary>
internal sealed class SqliteLocalChainStore(SqliteDatabase database) : ILocalChainStore
{
    private const string FindSql = """
        SELECT contract, sequence_id, identifier, payload, block, block_time_ns FROM local_chain_event
        WHERE contract = $1 AND digest = $2 AND block_time_ns >= $3 ORDER BY block_time_ns LIMIT 1
        """;

    private const string AppendSql = """
        INSERT INTO local_chain_event (block, block_time_ns, contract, sequence_id, digest, identifier, payload)
        SELECT coalesce(max(block), 0) + 1,
          max($5, coalesce((SELECT block_time_ns FROM local_chain_event ORDER BY block DESC LIMIT 1), 0) + 1),
          $1, coalesce((SELECT max(sequence_id) FROM local_chain_event WHERE contract = $1), 0) + 1, $2, $3, $4
        FROM local_chain_event
        RETURNING contract, sequence_id, identifier, payload, block, block_time_ns
        """;

    private const string ReadSql = """
        SELECT contract, sequence_id, identifier, payload, block, block_time_ns FROM local_chain_event
        WHERE contract = $1 AND sequence_id > $2 ORDER BY sequence_id LIMIT $3
        """;

    private const string LastSql = "SELECT contract, max(sequence_id) FROM local_chain_event GROUP BY contract";

    public Task<ChainEvent> AppendAsync(
        ChainContract contract,
        ReadOnlyMemory<byte> identifier,
        ReadOnlyMemory<byte> payload,
        long nowNs,
        long sinceNs,
        CancellationToken cancellationToken)
    {
        var digest = LocalChainDigest.Of(identifier.Span, payload.Span);
        return database.Writer.WriteAsync(
            session => session.Statement(FindSql).Bind(1, (long)contract).Bind(2, digest).Bind(3, sinceNs).First(Event)
                ?? session.Statement(AppendSql).Bind(1, (long)contract).Bind(2, digest)
                    .Bind(3, identifier.Span).Bind(4, payload.Span).Bind(5, nowNs).First(Event)!,
            appended => database.LocalChainSignal.Raise(appended.Contract, appended.Sequence)).WaitAsync(cancellationToken);
    }

    public Task<IReadOnlyList<ChainEvent>> ReadAsync(
        ChainContract contract, SequenceId after, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<ChainEvent>>(
            session => session.Statement(ReadSql).Bind(1, (long)contract).Bind(2, (long)after.Value).Bind(3, limit).All(Event),
                cancellationToken);

    public Task WaitForAppendAsync(ChainContract contract, SequenceId after, TimeSpan wait, CancellationToken cancellationToken) =>
        database.LocalChainSignal.WaitAsync(contract, after, wait, cancellationToken);

    /// <summary>Tells the signal of what the file holds already.</summary>
    internal static void RaiseLast(SqliteSession session, LocalChainSignal signal)
    {
        using var statement = session.NewStatement(LastSql);
        while (statement.Step())
        {
            signal.Raise((ChainContract)statement.Integer(0), new SequenceId((ulong)statement.Integer(1)));
        }
    }

    private static ChainEvent Event(SqliteStatement row) => LocalChainEvents.Of(
        (ChainContract)row.Integer(0),
        new SequenceId((ulong)row.Integer(1)),
        row.Blob(2).ToArray(),
        row.Blob(3).ToArray(),
        (ulong)row.Integer(4),
        row.Integer(5));
}
