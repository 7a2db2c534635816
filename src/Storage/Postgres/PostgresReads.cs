using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Reads of logs and of single entries.</summary>
internal static class PostgresReads
{
    internal const string ReadLogSql = $"""
        SELECT {PostgresEntries.Columns} FROM (
          SELECT {PostgresEntries.Columns}, {PostgresEntries.Sizes} FROM (
            SELECT {PostgresEntries.Columns} FROM envelope_body
            WHERE originator_id = $1 AND sequence_id > $2 AND sequence_id <= $3
            ORDER BY originator_id, sequence_id LIMIT $4) AS found) AS sized
        WHERE place <= 2 OR bytes_before <= $5 ORDER BY originator_id, sequence_id
        """;

    internal const string ReadVisibleLogSql = $"""
        SELECT {PostgresEntries.Columns} FROM (
          SELECT {PostgresEntries.Columns}, {PostgresEntries.Sizes} FROM (
            SELECT {PostgresEntries.Columns} FROM envelope_body AS candidate
            WHERE originator_id = $1 AND sequence_id > $2 AND sequence_id <= $3
              AND (expiry_seconds > $6 OR {PostgresTopicReads.IsNewestKeyPackage})
            ORDER BY originator_id, sequence_id LIMIT $4) AS found) AS sized
        WHERE place <= 2 OR bytes_before <= $5 ORDER BY originator_id, sequence_id
        """;

    internal const string ReadEntrySql = $"SELECT {PostgresEntries.Columns} FROM envelope_body WHERE originator_id = $1 AND sequence_id = $2";

    public static async Task<EntryPage> LogAsync(
        NpgsqlDataSource reader, OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit)
    {
        var page = new PageBuilder(limit);
        await using var command = reader.CreateCommand(ReadLogSql);
        command.Parameters.With((int)originator.Value).With((long)after.Value).With((long)upTo.Value)
            .With(page.Room + 1L).With((long)limit.Bytes);
        foreach (var entry in await command.AllAsync(PostgresEntries.Read))
        {
            if (!page.Fits(entry.Bytes.Length)) break;
            page.Add(entry);
        }

        return page.Build();
    }

    /// <param name="reader">The connections.</param>
    /// <param name="originators">The logs.</param>
    /// <param name="after">Where to start in each.</param>
    /// <param name="ceiling">Where to end in each.</param>
    /// <param name="filter">Which rows count.</param>
    /// <param name="limit">Where to cut.</param>
    /// <param name="expired">Where nothing is to be found.</param>
    /// <param name="cancellationToken">Ends a long walk between two statements.</param>
    public static async Task<EntryPage> OriginatorsAsync(
        NpgsqlDataSource reader, IReadOnlyList<OriginatorId> originators, Cursor after, Cursor ceiling, ReadFilter filter, PageLimit limit,
        ExpiredStretches expired, CancellationToken cancellationToken)
    {
        var page = new PageBuilder(limit);
        foreach (var originator in originators.Order())
        {
            // A log with nothing new costs no round trip.
            if (ceiling[originator] <= after[originator]) continue;
            if (!await AddLogAsync(reader, page, originator, after[originator], ceiling, filter, limit, expired, cancellationToken)) break;
        }

        return page.Build();
    }

    public static async Task<LogEntry?> EntryAsync(NpgsqlDataSource reader, OriginatorId originator, SequenceId sequence)
    {
        await using var command = reader.CreateCommand(ReadEntrySql);
        command.Parameters.With((int)originator.Value).With((long)sequence.Value);
        return (await command.AllAsync(PostgresEntries.Read)).FirstOrDefault();
    }

    // False when the page is cut. Goes in steps past what expired; repeats a step only where a limit of a pair left rows out.
    private static async Task<bool> AddLogAsync(
        NpgsqlDataSource reader, PageBuilder page, OriginatorId originator, SequenceId after, Cursor ceiling, ReadFilter filter,
        PageLimit limit, ExpiredStretches expired, CancellationToken cancellationToken)
    {
        var taken = new Dictionary<Topic, int>();
        var end = ceiling[originator];
        for (var at = after; at < end;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (expired.Skip(originator, at, filter.NowSeconds) is var shown && shown > at)
            {
                at = shown;
                continue;
            }

            // Without expiry every row is shown, and the limit of the page ends the walk.
            var last = filter.NowSeconds == long.MinValue || end.Value - at.Value <= ExpiredStretches.PositionsPerScan
                ? end
                : new SequenceId(at.Value + ExpiredStretches.PositionsPerScan);
            var (room, bytes) = (page.Room + 1L, 0L);
            await using var command = reader.CreateCommand(ReadVisibleLogSql);
            command.Parameters.With((int)originator.Value).With((long)at.Value).With((long)last.Value).With(room)
                .With((long)limit.Bytes).With(filter.NowSeconds).WithCeiling(ceiling);
            var found = await command.AllAsync(PostgresEntries.Read);
            foreach (var entry in found)
            {
                expired.Add(originator, at, new SequenceId(entry.Sequence.Value - 1), filter.NowSeconds);
                (at, bytes) = (entry.Sequence, bytes + entry.Bytes.Length);
                if (filter.PerPair > 0)
                {
                    var count = taken.GetValueOrDefault(entry.Topic);
                    if (count == filter.PerPair)
                    {
                        page.More = true;
                        continue;
                    }

                    taken[entry.Topic] = count + 1;
                }

                if (!page.Fits(entry.Bytes.Length)) return false;
                page.Add(entry);
            }

            if (found.Count >= room || bytes > limit.Bytes) continue;
            expired.Add(originator, at, last, filter.NowSeconds);
            at = last;
        }

        return true;
    }
}
