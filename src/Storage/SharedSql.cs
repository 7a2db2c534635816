namespace XmtpOrleans.Storage;

/// <summary>Statements whose text is the same in both dialects.</summary>
internal static class SharedSql
{
    public const string ReadMarks = "SELECT originator_id, last_sequence_id FROM originator WHERE last_sequence_id > 0 ORDER BY originator_id";

    public const string ReadCongestion = """
        SELECT minute, messages FROM congestion WHERE originator_id = $1 AND minute > $2 - 5 AND minute <= $2
        """;

    public const string ReadUsage = """
        SELECT minute / $2 * $2 AS start_minute, CAST(sum(spend_picodollars) AS bigint), CAST(sum(messages) AS bigint)
        FROM unsettled_usage WHERE payer = $1 GROUP BY start_minute ORDER BY start_minute
        """;

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

    // The greatest association counts; both columns only ever rise, so the order in which changes arrive does not matter (02 §12.2, §30.1).
    public const string ReadInboxId = """
        SELECT inbox_id FROM address_log WHERE address = $1 AND association_sequence_id > revocation_sequence_id
        ORDER BY association_sequence_id DESC LIMIT 1
        """;
}
