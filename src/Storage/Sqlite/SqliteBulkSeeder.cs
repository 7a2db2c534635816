using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Seeds by ordinary commits, only larger: one flush for many rows.</summary>
internal sealed class SqliteBulkSeeder(IEnvelopeStore store) : IBulkSeeder
{
    private const int RowsPerCommit = 20_000;

    public async Task<long> SeedAsync(
        OriginatorId originator, IEnumerable<LogRow> rows, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        var lease = await store.TakeLeaseAsync(originator, cancellationToken);
        var last = lease.Last;
        var written = 0L;
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
            if (await store.AppendAsync(append) != AppendOutcome.Committed)
            {
                throw new StoreException($"The log of {originator} was taken over while it was being filled; stop what else writes it.");
            }

            last = append.Last;
            written += chunk.Length;
            progress?.Report(written);
        }

        return written;
    }
}
