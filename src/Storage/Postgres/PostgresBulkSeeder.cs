using Npgsql;
using NpgsqlTypes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Seeds by <c>COPY</c> in large transactions that hold the log's row. Mark and accounts are written as by any commit.</summary>
internal sealed class PostgresBulkSeeder(PostgresDatabase database) : IBulkSeeder
{
    private const int RowsPerCommit = 100_000;

    private const string CopyIndexSql = """
        COPY envelope (originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, fingerprint, servable, payer, topic)
            FROM STDIN (FORMAT BINARY)
        """;

    private const string CopyBodySql = """
        COPY envelope_body (originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes)
            FROM STDIN (FORMAT BINARY)
        """;

    public Task<long> SeedAsync(
        OriginatorId originator, IEnumerable<LogRow> rows, IProgress<long>? progress, CancellationToken cancellationToken) =>
        PostgresCalls.GuardAsync(async () =>
        {
            var lease = await database.Leases.TakeAsync(originator, database.FingerprintKey);
            var last = lease.Last;
            var written = 0L;
            await using var connection = await database.OpenMaintenanceAsync();
            foreach (var chunk in rows.Chunk(RowsPerCommit))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var append = new LogAppend
                {
                    Lease = lease,
                    Previous = last,
                    Last = chunk[^1].Entry.Sequence,
                    LastNs = chunk[^1].Entry.OriginatorNs,
                    Rows = chunk,
                };
                await SeedAsync(connection, append);
                last = append.Last;
                written += chunk.Length;
                progress?.Report(written);
            }

            return written;
        });

    private async Task SeedAsync(NpgsqlConnection connection, LogAppend append)
    {
        var originator = append.Lease.Originator;
        var totals = AppendTotals.Of(append);
        await database.Bands.EnsureAsync(originator, append.Rows[0].Entry.Sequence, append.Last);
        await using var transaction = await connection.BeginTransactionAsync();
        await using var accounts = connection.CreateCommand();
        if (await PostgresAppends.AppendAsync(accounts, append with { Rows = [] }, totals) != AppendOutcome.Committed)
        {
            throw new StoreException($"The log of {originator} was taken over while it was being filled; stop what else writes it.");
        }

        await CopyAsync(connection, CopyIndexSql, append.Rows, async (writer, row) =>
        {
            await WriteKeyAsync(writer, row.Entry);
            await writer.WriteAsync(row.Fingerprint, NpgsqlDbType.Bigint);
            await writer.WriteAsync(row.Entry.Servable, NpgsqlDbType.Boolean);
            await writer.WriteAsync(row.Payer?.ToArray(), NpgsqlDbType.Bytea);
            await writer.WriteAsync(row.Entry.Topic.Bytes, NpgsqlDbType.Bytea);
        });
        await CopyAsync(connection, CopyBodySql, append.Rows, async (writer, row) =>
        {
            await WriteKeyAsync(writer, row.Entry);
            await writer.WriteAsync(row.Entry.Servable, NpgsqlDbType.Boolean);
            await writer.WriteAsync(row.Entry.Topic.Bytes, NpgsqlDbType.Bytea);
            await writer.WriteAsync(row.Entry.Bytes, NpgsqlDbType.Bytea);
        });
        await transaction.CommitAsync();
    }

    private static async Task CopyAsync(
        NpgsqlConnection connection, string sql, IReadOnlyList<LogRow> rows, Func<NpgsqlBinaryImporter, LogRow, Task> write)
    {
        await using var writer = await connection.BeginBinaryImportAsync(sql);
        foreach (var row in rows)
        {
            await writer.StartRowAsync();
            await write(writer, row);
        }

        await writer.CompleteAsync();
    }

    private static async Task WriteKeyAsync(NpgsqlBinaryImporter writer, LogEntry entry)
    {
        await writer.WriteAsync((int)entry.Originator.Value, NpgsqlDbType.Integer);
        await writer.WriteAsync((long)entry.Sequence.Value, NpgsqlDbType.Bigint);
        await writer.WriteAsync(entry.OriginatorNs, NpgsqlDbType.Bigint);
        await writer.WriteAsync(entry.ArrivalUs, NpgsqlDbType.Bigint);
        await writer.WriteAsync(entry.ExpirySeconds, NpgsqlDbType.Bigint);
    }
}
