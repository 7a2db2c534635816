using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Entries as the statements that read them return them.</summary>
internal static class PostgresEntries
{
    /// <summary>The columns of an entry, in the order that <see cref="Read"/> expects.</summary>
    public const string Columns = "originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes";

    /// <summary>Place of each row of <c>envelope_body</c> on its page, and bytes of the rows before it. A statement returns those with
    /// <c>place &lt;= 2 OR bytes_before &lt;= limit</c>: whenever the limit cuts, the first row beyond it is there to tell so.</summary>
    public const string Sizes = """
        row_number() OVER (ORDER BY originator_id, sequence_id) AS place,
        sum(octet_length(signed_bytes)) OVER (ORDER BY originator_id, sequence_id) - octet_length(signed_bytes) AS bytes_before
        """;

    public static LogEntry Read(NpgsqlDataReader row) => new()
    {
        Originator = new OriginatorId((uint)row.GetInt32(0)),
        Sequence = new SequenceId((ulong)row.GetInt64(1)),
        OriginatorNs = row.GetInt64(2),
        ArrivalUs = row.GetInt64(3),
        ExpirySeconds = row.GetInt64(4),
        Servable = row.GetBoolean(5),
        Topic = TopicComparer.Instance.Create(row.GetFieldValue<byte[]>(6)),
        Bytes = row.GetFieldValue<byte[]>(7),
    };

    public static async Task<List<T>> AllAsync<T>(this NpgsqlCommand command, Func<NpgsqlDataReader, T> read)
    {
        var rows = new List<T>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add(read(reader));
        }

        return rows;
    }
}
