using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Leases and fenced commits, as the writer runs them inside its transaction.</summary>
internal static class SqliteAppends
{
    // What arrived in place of an envelope is evidence; above this size only the reason is kept.
    private const int RejectedBytesKept = 64 * 1024;

    private const string TakeLeaseSql = """
        UPDATE originator SET lease_epoch = lease_epoch + 1 WHERE originator_id = $1 RETURNING lease_epoch, last_sequence_id, last_ns
        """;

    // Writes nothing when every slot is taken.
    private const string CreateSql = """
        WITH RECURSIVE slots (slot) AS (SELECT 0 UNION ALL SELECT slot + 1 FROM slots WHERE slot + 1 < $2)
        INSERT INTO originator (originator_id, queue_slot, lease_epoch, last_sequence_id, last_ns, contiguous_mark, low_water_mark)
        SELECT $1, slot, 1, 0, 0, 0, 0 FROM slots WHERE slot NOT IN (SELECT queue_slot FROM originator) ORDER BY slot LIMIT 1
        RETURNING lease_epoch, last_sequence_id, last_ns
        """;

    private const string FenceSql = """
        UPDATE originator SET last_sequence_id = $4, last_ns = $5,
          contiguous_mark = CASE WHEN contiguous_mark = $3 THEN $6 ELSE contiguous_mark END
        WHERE originator_id = $1 AND lease_epoch = $2 AND last_sequence_id = $3
        """;

    private const string InsertEnvelopeSql = """
        INSERT INTO envelope (originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, fingerprint, payer, topic,
            signed_bytes)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    private const string InsertRejectedSql = "INSERT INTO rejected (originator_id, sequence_id, reason, signed_bytes) VALUES ($1, $2, $3, $4)";

    private const string AddUsageSql = """
        INSERT INTO unsettled_usage (payer, originator_id, minute, spend_picodollars, messages, last_sequence_id)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (payer, originator_id, minute) DO UPDATE SET spend_picodollars = spend_picodollars + excluded.spend_picodollars,
          messages = messages + excluded.messages, last_sequence_id = max(last_sequence_id, excluded.last_sequence_id)
        """;

    private const string AddCongestionSql = """
        INSERT INTO congestion (originator_id, minute, messages) VALUES ($1, $2, $3)
        ON CONFLICT (originator_id, minute) DO UPDATE SET messages = messages + excluded.messages
        RETURNING messages
        """;

    private const string PruneCongestionSql = """
        DELETE FROM congestion WHERE originator_id = $1
          AND minute < (SELECT max(minute) FROM congestion WHERE originator_id = $1) - $2
        """;

    // Both positions only rise, so that changes may come in any order (02 §30.1).
    private const string ChangeAddressSql = """
        INSERT INTO address_log (address, inbox_id, association_sequence_id, revocation_sequence_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT (address, inbox_id) DO UPDATE SET
          association_sequence_id = max(association_sequence_id, excluded.association_sequence_id),
          revocation_sequence_id = max(revocation_sequence_id, excluded.revocation_sequence_id)
        """;

    private const string SetCursorSql = """
        INSERT INTO chain_cursor (originator_id, block, block_hash, last_event) VALUES ($1, $2, $3, $4)
        ON CONFLICT (originator_id) DO UPDATE SET block = excluded.block, block_hash = excluded.block_hash, last_event = excluded.last_event
        """;

    public static Lease TakeLease(SqliteSession session, OriginatorId originator, DateTimeOffset now, byte[] fingerprintKey) =>
        LeaseOf(session.Statement(TakeLeaseSql).Bind(1, originator.Value), originator, now, fingerprintKey)
        ?? LeaseOf(session.Statement(CreateSql).Bind(1, originator.Value).Bind(2, QueueSlots.Count), originator, now, fingerprintKey)
        ?? throw QueueSlots.Full(originator);

    public static AppendOutcome Append(SqliteSession session, LogAppend append, AppendTotals totals)
    {
        var originator = (long)append.Lease.Originator.Value;
        session.Statement(FenceSql).Bind(1, originator).Bind(2, append.Lease.Epoch)
            .Bind(3, (long)append.Previous.Value).Bind(4, (long)append.Last.Value).Bind(5, append.LastNs)
            .Bind(6, (long)totals.Contiguous.Value)
            .Execute();
        if (session.Changes == 0) return AppendOutcome.Fenced; // nothing was written, so there is nothing to undo

        InsertRows(session, originator, append.Rows);
        foreach (var rejected in append.Rejected)
        {
            var statement = session.Statement(InsertRejectedSql).Bind(1, originator).Bind(2, (long)rejected.Sequence.Value)
                .Bind(3, rejected.Reason);
            (rejected.Bytes.Length <= RejectedBytesKept ? statement.Bind(4, rejected.Bytes) : statement.BindNull(4)).Execute();
        }

        AddUsage(session, originator, totals.Usage);
        AddCongestion(session, originator, totals.Congestion);
        ChangeAddresses(session, totals.AddressChanges);
        if (append.Cursor is { } cursor)
        {
            session.Statement(SetCursorSql).Bind(1, originator).Bind(2, (long)cursor.Block).Bind(3, cursor.BlockHash)
                .Bind(4, (long)cursor.LastEvent.Value).Execute();
        }

        return AppendOutcome.Committed;
    }

    private static Lease? LeaseOf(SqliteStatement statement, OriginatorId originator, DateTimeOffset now, byte[] fingerprintKey)
    {
        try
        {
            if (!statement.Step()) return null;
            return new Lease
            {
                Originator = originator,
                Epoch = statement.Integer(0),
                Last = new SequenceId((ulong)statement.Integer(1)),
                LastNs = statement.Integer(2),
                StoreTime = now,
                FingerprintKey = fingerprintKey,
            };
        }
        finally
        {
            statement.Reset();
        }
    }

    private static void InsertRows(SqliteSession session, long originator, IReadOnlyList<LogRow> rows)
    {
        Span<byte> payer = stackalloc byte[EthereumAddress.Size];
        var insert = session.Statement(InsertEnvelopeSql).Bind(1, originator);
        for (var index = 0; index < rows.Count; index++)
        {
            var row = rows[index];
            var entry = row.Entry;
            insert.Bind(2, (long)entry.Sequence.Value).Bind(3, entry.OriginatorNs).Bind(4, entry.ArrivalUs).Bind(5, entry.ExpirySeconds)
                .Bind(6, entry.Servable ? 1 : 0).Bind(7, row.Fingerprint).Bind(9, entry.Topic.Bytes.Span).Bind(10, entry.Bytes);
            if (row.Payer is { } address)
            {
                address.CopyTo(payer);
                insert.Bind(8, payer);
            }
            else
            {
                insert.BindNull(8);
            }

            insert.Execute();
        }
    }

    private static void AddUsage(SqliteSession session, long originator, IReadOnlyList<UsageTotal> totals)
    {
        Span<byte> payer = stackalloc byte[EthereumAddress.Size];
        foreach (var total in totals)
        {
            total.Payer.CopyTo(payer);
            session.Statement(AddUsageSql).Bind(1, payer).Bind(2, originator).Bind(3, total.Minute)
                .Bind(4, total.SpendPicodollars).Bind(5, total.Messages).Bind(6, (long)total.Last.Value).Execute();
        }
    }

    private static void AddCongestion(SqliteSession session, long originator, IReadOnlyList<CongestionTotal> totals)
    {
        foreach (var total in totals)
        {
            var statement = session.Statement(AddCongestionSql).Bind(1, originator).Bind(2, total.Minute).Bind(3, total.Messages);
            bool isNewMinute;
            try
            {
                isNewMinute = statement.Step() && statement.Integer(0) == total.Messages;
                statement.Step();
            }
            finally
            {
                statement.Reset();
            }

            if (!isNewMinute) continue;
            session.Statement(PruneCongestionSql).Bind(1, originator).Bind(2, AppendTotals.CongestionMinutesKept).Execute();
        }
    }

    private static void ChangeAddresses(SqliteSession session, IReadOnlyList<AddressChange> changes)
    {
        Span<byte> inbox = stackalloc byte[InboxId.Size];
        foreach (var change in changes)
        {
            change.Inbox.CopyTo(inbox);
            var sequence = (long)change.Sequence.Value;
            session.Statement(ChangeAddressSql).Bind(1, change.Address).Bind(2, inbox)
                .Bind(3, change.Revoked ? 0 : sequence).Bind(4, change.Revoked ? sequence : 0).Execute();
        }
    }
}
