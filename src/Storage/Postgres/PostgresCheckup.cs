using Npgsql;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Looks for damage when a database is opened: whether all that the migrations made is there, Orleans' tables among it, and whether the ends
/// of every table can be read. Takes as long at ten million rows as at ten thousand.</summary>
internal static class PostgresCheckup
{
    private const int SampledRows = 64;

    /// <summary>Every table, its columns, and first among them, up to the bar, what its primary key is made of.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Tables = new Dictionary<string, string>
    {
        ["node"] = "node_key | fingerprint_key, probe, originator_id, cluster_id, service_id, message_version, signer, signer_at",
        ["originator"] = "originator_id | queue_slot, lease_epoch, low_water_mark",
        ["mark"] = "originator_id, previous_sequence_id | last_sequence_id, last_ns, contiguous_mark",
        ["envelope"] = "originator_id, sequence_id | originator_ns, arrival_us, expiry_seconds, fingerprint, servable, payer, topic",
        ["envelope_body"] = "originator_id, sequence_id | originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes",
        ["rejected"] = "originator_id, sequence_id | reason, signed_bytes",
        ["address_log"] = "address, inbox_id | association_sequence_id, revocation_sequence_id",
        ["unsettled_usage"] = "payer, originator_id, minute, last_sequence_id | spend_picodollars, messages",
        ["congestion"] = "originator_id, minute, last_sequence_id | messages",
        ["chain_cursor"] = "originator_id | block, block_hash, last_event",
        ["local_chain_event"] = "block | block_time_ns, contract, sequence_id, digest, identifier, payload",
        ["cluster_version"] = "cluster_id | version",
        ["cluster_member"] = "cluster_id, address, port, generation | silo_name, host_name, status, client_port, suspicions, started_at, alive_at",
        ["grain_state"] = "service_id, grain_type, key_high, key_low, key_text | version, payload",
        ["orleansquery"] = "querykey | querytext",
    };

    /// <summary>Every index beside those of primary keys, by the name that says what it is for.</summary>
    internal static readonly IReadOnlyList<string> Indexes =
    [
        "mark_follows_once", "envelope_by_topic", "unsettled_usage_by_minute", "local_chain_event_contract_sequence_id_key", "local_chain_event_by_digest",
        "originator_queue_slot_key",
    ];

    private const string MissingSql = """
        SELECT 'table ' || missing.name FROM unnest($1::text[]) AS missing (name)
        WHERE NOT EXISTS (SELECT FROM pg_class WHERE relname = missing.name AND relnamespace = current_schema()::regnamespace)
        UNION ALL
        SELECT 'column ' || missing.name || ' of table ' || owner.relname
        FROM unnest($2::text[], $3::text[]) AS missing (owner, name)
        JOIN pg_class AS owner ON owner.relname = missing.owner AND owner.relnamespace = current_schema()::regnamespace
        WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = owner.oid AND attname = missing.name AND NOT attisdropped)
        UNION ALL
        SELECT 'primary key of table ' || owner.relname
        FROM unnest($1::text[]) AS keyed (name)
        JOIN pg_class AS owner ON owner.relname = keyed.name AND owner.relnamespace = current_schema()::regnamespace
        WHERE NOT EXISTS (SELECT FROM pg_index WHERE indrelid = owner.oid AND indisprimary AND indisvalid)
        UNION ALL
        SELECT 'index ' || missing.name FROM unnest($4::text[]) AS missing (name)
        WHERE NOT EXISTS (
          SELECT FROM pg_class JOIN pg_index ON indexrelid = pg_class.oid
          WHERE relname = missing.name AND relnamespace = current_schema()::regnamespace AND indisvalid)
        UNION ALL
        SELECT 'function ensure_envelope_band' WHERE NOT EXISTS (
          SELECT FROM pg_proc WHERE proname = 'ensure_envelope_band' AND pronamespace = current_schema()::regnamespace)
        """;

    private const string BehindSql = """
        SELECT log.originator_id FROM originator AS log
        WHERE (SELECT max(sequence_id) FROM envelope WHERE originator_id = log.originator_id)
          > coalesce((SELECT last_sequence_id FROM mark WHERE originator_id = log.originator_id
              ORDER BY previous_sequence_id DESC LIMIT 1), 0)
        LIMIT 1
        """;

    /// <exception cref="StoreException">Something is missing or cannot be read; the message names it.</exception>
    public static async Task RunAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await RequireAllAsync(connection, cancellationToken);
        foreach (var (table, columns) in Tables)
        {
            await ReadEndsAsync(connection, table, KeyOf(columns), cancellationToken);
        }

        await using var read = new NpgsqlCommand(BehindSql, connection);
        if (await read.ExecuteScalarAsync(cancellationToken) is { } originator)
        {
            throw Damaged("table mark", $"the mark of {originator} lies before its last envelope");
        }
    }

    /// <summary>The columns of a table of <see cref="Tables"/>.</summary>
    internal static string[] ColumnsOf(string columns) => columns.Split([',', '|'], StringSplitOptions.TrimEntries);

    private static string[] KeyOf(string columns) => columns.Split('|')[0].Split(',', StringSplitOptions.TrimEntries);

    private static async Task RequireAllAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var columns = Tables.SelectMany(static table => ColumnsOf(table.Value).Select(column => (Table: table.Key, Column: column))).ToArray();
        await using var command = new NpgsqlCommand(MissingSql, connection);
        command.Parameters.With(Tables.Keys.ToArray()).With(Array.ConvertAll(columns, static pair => pair.Table))
            .With(Array.ConvertAll(columns, static pair => pair.Column)).With(Indexes.ToArray());
        var missing = new List<string>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken)) missing.Add(row.GetString(0));
        if (missing.Count > 0) throw Damaged(string.Join(", ", missing), "missing");
    }

    // Whole rows, so that what is kept apart from them is read, too.
    private static async Task ReadEndsAsync(NpgsqlConnection connection, string table, string[] key, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var order in new[] { "ASC", "DESC" })
            {
                var keys = string.Join(", ", key.Select(column => $"{column} {order}"));
                await using var read = new NpgsqlCommand(
                    $"SELECT sum(octet_length(sampled::text)) FROM (SELECT * FROM {table} ORDER BY {keys} LIMIT {SampledRows}) AS sampled", connection);
                await read.ExecuteScalarAsync(cancellationToken);
            }
        }
        catch (PostgresException failure) when (failure.SqlState[..2] is "XX" or "58" or "22")
        {
            throw Damaged($"table {table}", failure.MessageText, failure);
        }
    }

    private static StoreException Damaged(string part, string how, Exception? cause = null) =>
        new($"The database is damaged: {part}: {how}. Restore it from a backup.", cause, isTransient: false);
}
