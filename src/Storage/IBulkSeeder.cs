using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage;

/// <summary>Fills a log with many rows at once, for benchmarks and tools. Not registered unless asked for.</summary>
public interface IBulkSeeder
{
    /// <summary>Appends rows in large commits under a lease of its own, accounting included; readers see each commit whole. Returns how
    /// many rows were written.</summary>
    /// <param name="originator">The log.</param>
    /// <param name="rows">The rows, ascending by sequence id from the log's mark on, without gaps; enumerated once.</param>
    /// <param name="progress">Told the number of rows written after each commit.</param>
    /// <param name="cancellationToken">Ends between two commits.</param>
    Task<long> SeedAsync(OriginatorId originator, IEnumerable<LogRow> rows, IProgress<long>? progress, CancellationToken cancellationToken);
}
