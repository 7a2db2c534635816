using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Reads of what stands beside the entries, as a reader's thread runs them.</summary>
internal static class SqliteAccounts
{
    // Both positions of a pair only ever rise, so the order in which changes arrive does not matter (02 §12.2, §30.1).
    internal const string ReadInboxIdSql = """
        SELECT inbox_id FROM address_log WHERE address = $1 AND association_sequence_id > revocation_sequence_id
        ORDER BY association_sequence_id DESC LIMIT 1
        """;

    public static IReadOnlyList<InboxId?> InboxIds(SqliteSession session, IReadOnlyList<string> addresses)
    {
        var statement = session.Statement(ReadInboxIdSql);
        var inboxes = new InboxId?[addresses.Count];
        for (var index = 0; index < inboxes.Length; index++)
        {
            inboxes[index] = statement.Bind(1, addresses[index]).First<InboxId?>(row => InboxId.FromBytes(row.Blob(0)));
        }

        return inboxes;
    }

    public static IReadOnlyList<StoredFingerprint> Fingerprints(
        SqliteSession session, OriginatorId originator, long sinceNs, SequenceId before, int limit) => session
        .Statement(SharedSql.ReadFingerprints).Bind(1, originator.Value).Bind(2, (long)before.Value).Bind(3, sinceNs).Bind(4, limit)
        .All(row => new StoredFingerprint(row.Integer(0), new SequenceId((ulong)row.Integer(1)), row.Integer(2)));

    public static IReadOnlyList<long> Congestion(SqliteSession session, OriginatorId originator, long minute)
    {
        var counts = new long[5];
        foreach (var (at, messages) in session.Statement(SharedSql.ReadCongestion).Bind(1, originator.Value).Bind(2, minute)
            .All(row => (row.Integer(0), row.Integer(1))))
        {
            counts[minute - at] = messages;
        }

        return counts;
    }

    public static IReadOnlyDictionary<OriginatorId, int> QueueSlots(SqliteSession session) => new Dictionary<OriginatorId, int>(session
        .Statement(SharedSql.ReadQueueSlots).All(row => KeyValuePair.Create(new OriginatorId((uint)row.Integer(0)), (int)row.Integer(1))));

    public static IReadOnlyList<UsagePeriod>? Usage(SqliteSession session, EthereumAddress payer, int periodMinutes)
    {
        var periods = session.Statement(SharedSql.ReadUsage).Bind(1, payer.ToArray()).Bind(2, periodMinutes)
            .All(row => new UsagePeriod(row.Integer(0), row.Integer(1), row.Integer(2)));
        return periods.Count == 0 ? null : periods;
    }

    public static ChainCursor? ChainCursor(SqliteSession session, OriginatorId originator) => session
        .Statement(SharedSql.ReadChainCursor).Bind(1, originator.Value)
        .First(row => new ChainCursor((ulong)row.Integer(0), row.Blob(1).ToArray(), new SequenceId((ulong)row.Integer(2))));
}
