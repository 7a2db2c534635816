namespace XmtpOrleans.Storage;

/// <summary>Statements whose text is the same in both dialects.</summary>
internal static class SharedSql
{
    public const string ReadCongestion = """
        SELECT minute, CAST(sum(messages) AS bigint) FROM congestion
        WHERE originator_id = $1 AND minute > $2 - 5 AND minute <= $2 GROUP BY minute
        """;

    public const string ReadUsage = """
        SELECT minute / $2 * $2 AS start_minute, CAST(sum(spend_picodollars) AS bigint), CAST(sum(messages) AS bigint)
        FROM unsettled_usage WHERE payer = $1 GROUP BY start_minute ORDER BY start_minute
        """;

    public const string ReadQueueSlots = "SELECT originator_id, queue_slot FROM originator";

    public const string ReadChainCursor = "SELECT block, block_hash, last_event FROM chain_cursor WHERE originator_id = $1";

    // Times rise with the position, so the rows that are recent enough are a prefix and nothing older than the limit is read.
    public const string ReadFingerprints = """
        SELECT fingerprint, sequence_id, originator_ns FROM (
          SELECT fingerprint, sequence_id, originator_ns FROM envelope
          WHERE originator_id = $1 AND sequence_id < $2 ORDER BY sequence_id DESC LIMIT $4) AS latest
        WHERE originator_ns >= $3 ORDER BY sequence_id DESC
        """;

    public const string ReadFingerprintKey = "SELECT fingerprint_key FROM node";

    public const string InsertNode = "INSERT INTO node (node_key, fingerprint_key, probe) VALUES (1, $1, 0) ON CONFLICT (node_key) DO NOTHING";

    public const string Probe = "UPDATE node SET probe = probe + 1";
}
