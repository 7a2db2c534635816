using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>The fenced commit: one statement and one round trip, so that a process that freezes never holds the log.</summary>
internal static class PostgresAppends
{
    // What arrived in place of an envelope is evidence; above this size only the reason is kept.
    private const int RejectedBytesKept = 64 * 1024;

    // Locks the log's row without changing it. Who waits for another commit still sees the mark as it was, and then fails to follow it.
    private const string FenceSql = """
        WITH newest AS (
          SELECT last_sequence_id, contiguous_mark FROM mark WHERE originator_id = $1 ORDER BY previous_sequence_id DESC LIMIT 1),
        fence AS (
          SELECT log.originator_id, coalesce(newest.contiguous_mark, 0) AS contiguous_mark
          FROM originator AS log LEFT JOIN newest ON true
          WHERE log.originator_id = $1 AND log.lease_epoch = $2 AND coalesce(newest.last_sequence_id, 0) = $3
          FOR NO KEY UPDATE OF log),
        moved AS (
          INSERT INTO mark (originator_id, previous_sequence_id, last_sequence_id, last_ns, contiguous_mark)
          SELECT originator_id, $3, $4, $5, CASE WHEN contiguous_mark = $3 THEN $6 ELSE contiguous_mark END FROM fence WHERE $4 > $3),
        indexed AS (
          INSERT INTO envelope
            (originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, fingerprint, servable, payer, topic)
          SELECT originator_id, entry.* FROM fence, unnest(
            $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::boolean[], $13::bytea[], $14::bytea[]) AS entry),
        stored AS (
          INSERT INTO envelope_body
            (originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes)
          SELECT originator_id, entry.* FROM fence, unnest(
            $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $12::boolean[], $14::bytea[], $15::bytea[]) AS entry),
        charged AS (
          INSERT INTO unsettled_usage (originator_id, payer, minute, last_sequence_id, spend_picodollars, messages)
          SELECT originator_id, total.* FROM fence,
              unnest($16::bytea[], $17::bigint[], $18::bigint[], $19::bigint[], $20::bigint[]) AS total),
        counted AS (
          INSERT INTO congestion (originator_id, last_sequence_id, minute, messages)
          SELECT originator_id, $4, total.* FROM fence, unnest($21::bigint[], $22::bigint[]) AS total)
        """;

    // What only chain logs and replicas write.
    private const string RareSql = """
        ,
        refused AS (
          INSERT INTO rejected (originator_id, sequence_id, reason, signed_bytes)
          SELECT originator_id, entry.* FROM fence, unnest($23::bigint[], $24::text[], $25::bytea[]) AS entry),
        addressed AS (
          INSERT INTO address_log (address, inbox_id, association_sequence_id, revocation_sequence_id)
          SELECT change.address, change.inbox_id, max(change.association), max(change.revocation)
          FROM fence, unnest($26::text[], $27::bytea[], $28::bigint[], $29::bigint[]) AS change (address, inbox_id, association, revocation)
          GROUP BY change.address, change.inbox_id ORDER BY change.address, change.inbox_id
          ON CONFLICT (address, inbox_id) DO UPDATE SET
            association_sequence_id = greatest(address_log.association_sequence_id, excluded.association_sequence_id),
            revocation_sequence_id = greatest(address_log.revocation_sequence_id, excluded.revocation_sequence_id)),
        followed AS (
          INSERT INTO chain_cursor (originator_id, block, block_hash, last_event)
          SELECT originator_id, $30::bigint, $31::bytea, $32::bigint FROM fence WHERE $30::bigint IS NOT NULL
          ON CONFLICT (originator_id) DO UPDATE SET block = excluded.block, block_hash = excluded.block_hash,
              last_event = excluded.last_event)
        """;

    private const string AnswerSql = " SELECT count(*) FROM fence";

    private const string CommonSql = FenceSql + AnswerSql;

    private const string WholeSql = FenceSql + RareSql + AnswerSql;

    /// <param name="command">An empty command of the connection to use.</param>
    /// <param name="append">The commit.</param>
    /// <param name="totals">Its sums.</param>
    public static async Task<AppendOutcome> AppendAsync(NpgsqlCommand command, LogAppend append, AppendTotals totals)
    {
        var isCommon = append.Rejected.Count == 0 && totals.AddressChanges.Count == 0 && append.Cursor is null;
        command.CommandText = isCommon ? CommonSql : WholeSql;
        AddCommon(command.Parameters, append, totals);
        if (!isCommon) AddRare(command.Parameters, append, totals);
        try
        {
            return await command.ExecuteScalarAsync() is 1L ? AppendOutcome.Committed : AppendOutcome.Fenced;
        }
        catch (PostgresException refused)
            when (refused is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "mark_follows_once" })
        {
            return AppendOutcome.Fenced;
        }
    }

    private static void AddCommon(NpgsqlParameterCollection parameters, LogAppend append, AppendTotals totals)
    {
        parameters.With((int)append.Lease.Originator.Value).With(append.Lease.Epoch).With((long)append.Previous.Value)
            .With((long)append.Last.Value).With(append.LastNs).With((long)totals.Contiguous.Value);

        var count = append.Rows.Count;
        var (sequences, times, arrivals, expiries) = (new long[count], new long[count], new long[count], new long[count]);
        var (fingerprints, servable, payers) = (new long[count], new bool[count], new byte[]?[count]);
        var (topics, bytes) = (new ReadOnlyMemory<byte>[count], new byte[count][]);
        for (var index = 0; index < count; index++)
        {
            var row = append.Rows[index];
            var entry = row.Entry;
            sequences[index] = (long)entry.Sequence.Value;
            times[index] = entry.OriginatorNs;
            arrivals[index] = entry.ArrivalUs;
            expiries[index] = entry.ExpirySeconds;
            fingerprints[index] = row.Fingerprint;
            servable[index] = entry.Servable;
            payers[index] = row.Payer?.ToArray();
            topics[index] = entry.Topic.Bytes;
            bytes[index] = entry.Bytes;
        }

        parameters.With(sequences).With(times).With(arrivals).With(expiries).With(fingerprints)
            .With(servable).With(payers).With(topics).With(bytes)
            .With(Column(totals.Usage, total => total.Payer.ToArray())).With(Column(totals.Usage, total => total.Minute))
            .With(Column(totals.Usage, total => (long)total.Last.Value)).With(Column(totals.Usage, total => total.SpendPicodollars))
            .With(Column(totals.Usage, total => total.Messages))
            .With(Column(totals.Congestion, total => total.Minute)).With(Column(totals.Congestion, total => total.Messages));
    }

    private static void AddRare(NpgsqlParameterCollection parameters, LogAppend append, AppendTotals totals) => parameters
        .With(Column(append.Rejected, entry => (long)entry.Sequence.Value))
        .With(Column(append.Rejected, entry => entry.Reason))
        .With(Column(append.Rejected, entry => entry.Bytes.Length <= RejectedBytesKept ? entry.Bytes : null))
        .With(Column(totals.AddressChanges, change => change.Address))
        .With(Column(totals.AddressChanges, change => change.Inbox.ToArray()))
        .With(Column(totals.AddressChanges, change => change.Revoked ? 0 : (long)change.Sequence.Value))
        .With(Column(totals.AddressChanges, change => change.Revoked ? (long)change.Sequence.Value : 0))
        .With(append.Cursor is { } cursor ? (long)cursor.Block : (long?)null)
        .With(append.Cursor?.BlockHash)
        .With((long?)append.Cursor?.LastEvent.Value);

    private static TColumn[] Column<TRow, TColumn>(IReadOnlyList<TRow> rows, Func<TRow, TColumn> value)
    {
        var column = new TColumn[rows.Count];
        for (var index = 0; index < column.Length; index++)
        {
            column[index] = value(rows[index]);
        }

        return column;
    }
}
