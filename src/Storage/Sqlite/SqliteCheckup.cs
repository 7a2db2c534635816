using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Looks for damage when a file is opened. Reads a bounded sample of every table and of its indexes, so that it takes as long at
/// ten million rows as at ten thousand.</summary>
internal static class SqliteCheckup
{
    private const int SampledRows = 256;

    private static readonly string[] Tables =
        ["node", "originator", "envelope", "rejected", "address_log", "unsettled_usage", "congestion", "chain_cursor", "local_chain_event"];

    public static void Run(SqliteSession session, string path)
    {
        // Recovers what a killed process left in the write-ahead log, and makes the file's length comparable.
        Check(session, path, "the write-ahead log", () => session.ExecuteScript("PRAGMA wal_checkpoint(TRUNCATE)"));
        var expected = long.Parse(session.Scalar("PRAGMA page_count")!) * long.Parse(session.Scalar("PRAGMA page_size")!);
        var length = new FileInfo(path).Length;
        if (length < expected) throw Damaged(path, "the file", $"it has {length} of {expected} bytes");

        foreach (var table in Tables)
        {
            Check(session, path, $"table {table}", () => ReadEnds(session, table));
        }

        Check(session, path, "table envelope", () => CheckEnvelopes(session, path));
        Check(session, path, "table originator", () => CheckMarks(session, path));
    }

    private static void Check(SqliteSession session, string path, string part, Action check)
    {
        try
        {
            check();
        }
        catch (SqliteFailure failure) when (failure.IsDamage)
        {
            throw Damaged(path, part, failure.Message, failure);
        }
    }

    private static void ReadEnds(SqliteSession session, string table)
    {
        var key = session.Scalar($"SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk)");
        var keyBackwards = key!.Replace(", ", " DESC, ", StringComparison.Ordinal) + " DESC";
        Drain(session, $"SELECT * FROM {table} ORDER BY {key} LIMIT {SampledRows}");
        Drain(session, $"SELECT * FROM {table} ORDER BY {keyBackwards} LIMIT {SampledRows}");
    }

    private static void CheckEnvelopes(SqliteSession session, string path)
    {
        // Rows at even distances over the whole table, with what both indexes say of them.
        using var sample = session.NewStatement($"""
            WITH RECURSIVE
              ends AS (SELECT min(envelope_id) AS first, max(envelope_id) AS last FROM envelope),
              step (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM step WHERE n < {SampledRows})
            SELECT count(*), sum(length(sampled.signed_bytes)),
              sum(sampled.envelope_id IS NOT (SELECT envelope_id FROM envelope AS found INDEXED BY envelope_by_sequence
                WHERE found.originator_id = sampled.originator_id AND found.sequence_id = sampled.sequence_id)),
              sum(sampled.servable = 1 AND sampled.envelope_id IS NOT (SELECT envelope_id
                  FROM envelope AS found INDEXED BY envelope_by_topic
                WHERE found.servable = 1 AND found.topic = sampled.topic AND found.originator_id = sampled.originator_id
                  AND found.sequence_id = sampled.sequence_id))
            FROM ends, step CROSS JOIN envelope AS sampled ON sampled.envelope_id = ends.first + (ends.last - ends.first) * step.n / {SampledRows}
            """);
        sample.Step();
        if (sample.Integer(2) > 0) throw Damaged(path, "index envelope_by_sequence", "it does not match its table");
        if (sample.Integer(3) > 0) throw Damaged(path, "index envelope_by_topic", "it does not match its table");
    }

    private static void CheckMarks(SqliteSession session, string path)
    {
        using var behind = session.NewStatement("""
            SELECT originator_id FROM originator AS log
            WHERE last_sequence_id < (SELECT max(sequence_id) FROM envelope WHERE originator_id = log.originator_id)
            """);
        if (behind.Step()) throw Damaged(path, "table originator", $"the mark of {behind.Integer(0)} lies before its last envelope");
    }

    private static void Drain(SqliteSession session, string sql)
    {
        using var statement = session.NewStatement(sql);
        while (statement.Step())
        {
            for (var column = 0; column < statement.ColumnCount; column++)
            {
                _ = statement.Blob(column); // pulls overflow pages, too
            }
        }
    }

    private static StoreException Damaged(string path, string part, string how, Exception? cause = null) =>
        new($"{path} is damaged: {part}: {how}. Restore it from a backup.", cause, isTransient: false);
}
