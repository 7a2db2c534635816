using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Reads of what stands beside the entries.</summary>
internal static class PostgresAccounts
{
    internal const string ReadInboxIdsSql = """
        SELECT asked.number, found.inbox_id FROM unnest($1::text[]) WITH ORDINALITY AS asked (address, number)
        CROSS JOIN LATERAL (
          SELECT inbox_id FROM address_log WHERE address = asked.address AND association_sequence_id > revocation_sequence_id
          ORDER BY association_sequence_id DESC LIMIT 1) AS found
        """;

    public static async Task<IReadOnlyList<InboxId?>> InboxIdsAsync(NpgsqlDataSource reader, IReadOnlyList<string> addresses)
    {
        var inboxes = new InboxId?[addresses.Count];
        await using var command = reader.CreateCommand(ReadInboxIdsSql);
        command.Parameters.With(addresses.Select(Storable).ToArray());
        foreach (var (number, inbox) in await command.AllAsync(row => (row.GetInt64(0), InboxId.FromBytes(row.GetFieldValue<byte[]>(1)))))
        {
            inboxes[number - 1] = inbox;
        }

        return inboxes;
    }

    public static async Task<IReadOnlyList<StoredFingerprint>> FingerprintsAsync(
        NpgsqlDataSource reader, OriginatorId originator, long sinceNs, SequenceId before, int limit)
    {
        await using var command = reader.CreateCommand(SharedSql.ReadFingerprints);
        command.Parameters.With((int)originator.Value).With((long)before.Value).With(sinceNs).With((long)limit);
        return await command.AllAsync(row => new StoredFingerprint(row.GetInt64(0), new SequenceId((ulong)row.GetInt64(1)),
            row.GetInt64(2)));
    }

    public static async Task<IReadOnlyList<long>> CongestionAsync(NpgsqlDataSource reader, OriginatorId originator, long minute)
    {
        var counts = new long[5];
        await using var command = reader.CreateCommand(SharedSql.ReadCongestion);
        command.Parameters.With((int)originator.Value).With(minute);
        foreach (var (at, messages) in await command.AllAsync(row => (row.GetInt64(0), row.GetInt64(1))))
        {
            counts[minute - at] = messages;
        }

        return counts;
    }

    public static async Task<IReadOnlyDictionary<OriginatorId, int>> QueueSlotsAsync(NpgsqlDataSource reader)
    {
        await using var command = reader.CreateCommand(SharedSql.ReadQueueSlots);
        var slots = await command.AllAsync(row => KeyValuePair.Create(new OriginatorId((uint)row.GetInt32(0)), row.GetInt32(1)));
        return new Dictionary<OriginatorId, int>(slots);
    }

    public static async Task<IReadOnlyList<UsagePeriod>?> UsageAsync(NpgsqlDataSource reader, EthereumAddress payer, int periodMinutes)
    {
        await using var command = reader.CreateCommand(SharedSql.ReadUsage);
        command.Parameters.With(payer.ToArray()).With((long)periodMinutes);
        var periods = await command.AllAsync(row => new UsagePeriod(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2)));
        return periods.Count == 0 ? null : periods;
    }

    public static async Task<ChainCursor?> ChainCursorAsync(NpgsqlDataSource reader, OriginatorId originator)
    {
        await using var command = reader.CreateCommand(SharedSql.ReadChainCursor);
        command.Parameters.With((int)originator.Value);
        var cursors = await command.AllAsync(row =>
            new ChainCursor((ulong)row.GetInt64(0), row.GetFieldValue<byte[]>(1), new SequenceId((ulong)row.GetInt64(2))));
        return cursors.FirstOrDefault();
    }

    // PostgreSQL refuses a text with a zero character; no stored address has one.
    private static string Storable(string address) => address.Contains('\0', StringComparison.Ordinal) ? "" : address;
}
