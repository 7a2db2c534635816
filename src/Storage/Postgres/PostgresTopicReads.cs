using Npgsql;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Reads by topic: a few steps down the topic index for each (topic, log) pair, then the bodies by key.</summary>
/// <remarks>A pair is written as a range of rows (topic, log, position) and not as equalities: those the planner would also look up by
/// (log, position) alone, walking a whole log for one topic of it.</remarks>
internal static class PostgresTopicReads
{
    /// <summary>Whether a row called <c>candidate</c> is the newest key package of its topic, which is served although it expired. The
    /// logs and their ceilings are <c>$7</c> and <c>$8</c>.</summary>
    public const string IsNewestKeyPackage = """
        (get_byte(candidate.topic, 0) = 3 AND (candidate.originator_id, candidate.sequence_id) = (
          SELECT last.originator_id, last.sequence_id FROM unnest($7::integer[], $8::bigint[]) AS log (originator_id, up_to)
          CROSS JOIN LATERAL (
            SELECT originator_id, sequence_id, originator_ns FROM envelope
            WHERE servable AND (topic, originator_id, sequence_id) > (candidate.topic, log.originator_id, 0)
              AND (topic, originator_id, sequence_id) <= (candidate.topic, log.originator_id, log.up_to)
            ORDER BY topic DESC, originator_id DESC, sequence_id DESC LIMIT 1) AS last
          ORDER BY last.originator_ns DESC, last.originator_id DESC, last.sequence_id DESC LIMIT 1))
        """;

    // Rows of (topic, log) pairs: $1 to $4 are the pairs, $5 the rows of each, $6 the time.
    private const string PairsSql = $"""
        FROM unnest($1::bytea[], $2::integer[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
          AS pair (topic, originator_id, after, up_to, number)
        CROSS JOIN LATERAL (
          SELECT sequence_id FROM envelope AS candidate
          WHERE servable AND (topic, originator_id, sequence_id) > (pair.topic, pair.originator_id, pair.after)
            AND (topic, originator_id, sequence_id) <= (pair.topic, pair.originator_id, pair.up_to)
            AND (expiry_seconds > $6 OR {IsNewestKeyPackage})
          ORDER BY topic, originator_id, sequence_id LIMIT $5) AS key
        """;

    internal const string ReadTopicsSql = $"""
        WITH page AS MATERIALIZED (SELECT pair.originator_id, key.sequence_id {PairsSql} ORDER BY 1, 2 LIMIT $9)
        SELECT {PostgresEntries.Columns} FROM (
          SELECT {PostgresEntries.Columns}, {PostgresEntries.Sizes}
          FROM page JOIN envelope_body USING (originator_id, sequence_id)) AS sized
        WHERE place <= 2 OR bytes_before <= $10 ORDER BY originator_id, sequence_id
        """;

    internal const string ScanPairsSql = $"SELECT pair.number, pair.originator_id, key.sequence_id {PairsSql}";

    internal const string ReadKeysSql = $"""
        SELECT {PostgresEntries.Columns} FROM (
          SELECT {PostgresEntries.Columns}, {PostgresEntries.Sizes}
          FROM unnest($1::integer[], $2::bigint[]) AS page (originator_id, sequence_id)
          JOIN envelope_body USING (originator_id, sequence_id)) AS sized
        WHERE place <= 2 OR bytes_before <= $3 ORDER BY originator_id, sequence_id
        """;

    internal const string ReadTailSql = $"""
        SELECT {PostgresEntries.Columns} FROM unnest($2::integer[], $3::bigint[]) AS log (id, up_to)
        CROSS JOIN LATERAL (
          SELECT {PostgresEntries.Columns}, row_number() OVER (ORDER BY sequence_id DESC) AS place,
            sum(octet_length(signed_bytes)) OVER (ORDER BY sequence_id DESC) - octet_length(signed_bytes) AS bytes_before
          FROM (
            SELECT originator_id, sequence_id FROM envelope
            WHERE servable AND (topic, originator_id, sequence_id) > ($1, log.id, 0)
              AND (topic, originator_id, sequence_id) <= ($1, log.id, log.up_to)
            ORDER BY topic DESC, originator_id DESC, sequence_id DESC LIMIT $4) AS key
          JOIN envelope_body USING (originator_id, sequence_id)) AS tail
        WHERE place <= 2 OR bytes_before <= $5 ORDER BY originator_id, sequence_id DESC
        """;

    internal const string ReadNewestSql = $"""
        SELECT {PostgresEntries.Columns}, number FROM unnest($1::bytea[]) WITH ORDINALITY AS asked (name, number)
        CROSS JOIN LATERAL (
          SELECT last.originator_id, last.sequence_id FROM unnest($2::integer[], $3::bigint[]) AS log (originator_id, up_to)
          CROSS JOIN LATERAL (
            SELECT originator_id, sequence_id, originator_ns, arrival_us FROM envelope
            WHERE servable AND (topic, originator_id, sequence_id) > (asked.name, log.originator_id, 0)
              AND (topic, originator_id, sequence_id) <= (asked.name, log.originator_id, log.up_to)
              AND (expiry_seconds > $4 OR get_byte(asked.name, 0) = 3)
            ORDER BY topic DESC, originator_id DESC, sequence_id DESC LIMIT 1) AS last
          ORDER BY CASE get_byte(asked.name, 0) WHEN 3 THEN last.originator_ns ELSE last.arrival_us END DESC,
            last.originator_id DESC, last.sequence_id DESC LIMIT 1) AS newest
        JOIN envelope_body USING (originator_id, sequence_id)
        """;

    // Index rows that one statement may walk at most. With fewer pairs than this allows, one statement reads the page.
    private const int RowsPerScan = 16_384;

    /// <summary>Adds the logs and ceilings of a cursor as two arrays.</summary>
    public static NpgsqlParameterCollection WithCeiling(this NpgsqlParameterCollection parameters, Cursor ceiling)
    {
        var (logs, positions) = (new int[ceiling.Count], new long[ceiling.Count]);
        var index = 0;
        foreach (var (originator, position) in ceiling.AsSpan())
        {
            (logs[index], positions[index++]) = ((int)originator.Value, (long)position.Value);
        }

        return parameters.With(logs).With(positions);
    }

    /// <param name="reader">The connections.</param>
    /// <param name="topics">The topics with their positions.</param>
    /// <param name="ceiling">The logs and where each ends; not beyond the marks, so that what several statements see is the same.</param>
    /// <param name="filter">Which rows count.</param>
    /// <param name="limit">Where to cut.</param>
    public static async Task<EntryPage> TopicsAsync(
        NpgsqlDataSource reader, IReadOnlyList<TopicPosition> topics, Cursor ceiling, ReadFilter filter, PageLimit limit)
    {
        var pairs = new List<Pair>();
        foreach (var (originator, mark) in ceiling)
        {
            foreach (var position in topics)
            {
                if (position.After[originator] < mark) pairs.Add(new Pair(position.Topic, originator, position.After[originator], mark));
            }
        }

        if (pairs.Count == 0) return EntryPage.Empty;
        var page = new PageBuilder(limit);
        var wanted = page.Room + 1L;
        var perPair = filter.PerPair > 0 ? Math.Min(filter.PerPair, wanted) : wanted;
        var entries = perPair * pairs.Count <= RowsPerScan
            ? await ReadAsync(reader, pairs, perPair, ceiling, filter, wanted, limit.Bytes)
            : await ReadKeysAsync(reader, await MergeAsync(reader, pairs, perPair, ceiling, filter, (int)Math.Min(wanted, int.MaxValue)),
                limit.Bytes);
        foreach (var entry in entries)
        {
            if (!page.Fits(entry.Bytes.Length)) break;
            page.Add(entry);
        }

        var built = page.Build();
        return built.More || filter.PerPair == 0 ? built : built with { More = HasFullPair(built.Entries, filter.PerPair) };
    }

    public static async Task<TailPage> TailAsync(NpgsqlDataSource reader, Topic topic, Cursor upTo, PageLimit perLog)
    {
        await using var command = reader.CreateCommand(ReadTailSql);
        command.Parameters.With(topic.Bytes).WithCeiling(upTo).With(new PageBuilder(perLog).Room + 1L).With((long)perLog.Bytes);
        var floor = Cursor.Empty;
        var entries = new List<LogEntry>();
        foreach (var log in (await command.AllAsync(PostgresEntries.Read)).GroupBy(entry => entry.Originator))
        {
            var page = new PageBuilder(perLog);
            foreach (var entry in log)
            {
                if (!page.Fits(entry.Bytes.Length))
                {
                    floor = floor.With(log.Key, entry.Sequence);
                    break;
                }

                page.Add(entry);
            }

            entries.AddRange(page.Build().Entries.Reverse());
        }

        return new TailPage(entries, floor);
    }

    public static async Task<LogEntry?[]> NewestAsync(
        NpgsqlDataSource reader, IReadOnlyList<Topic> topics, Cursor ceiling, ReadFilter filter)
    {
        var newest = new LogEntry?[topics.Count];
        if (topics.Count == 0 || ceiling.Count == 0) return newest;
        await using var command = reader.CreateCommand(ReadNewestSql);
        command.Parameters.With(topics.Select(topic => topic.Bytes).ToArray()).WithCeiling(ceiling).With(filter.NowSeconds);
        foreach (var (number, entry) in await command.AllAsync(row => (row.GetInt64(8), PostgresEntries.Read(row))))
        {
            newest[number - 1] = entry;
        }

        return newest;
    }

    private static async Task<List<LogEntry>> ReadAsync(
        NpgsqlDataSource reader, List<Pair> pairs, long perPair, Cursor ceiling, ReadFilter filter, long count, int bytes)
    {
        await using var command = reader.CreateCommand(ReadTopicsSql);
        AddPairs(command.Parameters, pairs, perPair, ceiling, filter).With(count).With((long)bytes);
        return await command.AllAsync(PostgresEntries.Read);
    }

    private static async Task<List<LogEntry>> ReadKeysAsync(
        NpgsqlDataSource reader, List<(OriginatorId Originator, SequenceId Sequence)> keys, int bytes)
    {
        await using var command = reader.CreateCommand(ReadKeysSql);
        command.Parameters.With(keys.Select(key => (int)key.Originator.Value).ToArray())
            .With(keys.Select(key => (long)key.Sequence.Value).ToArray())
            .With((long)bytes);
        return await command.AllAsync(PostgresEntries.Read);
    }

    // The first keys of many pairs, in order. Each scan takes a few rows of every pair; only a pair that was cut before the end of the
    // page is asked again, so that one busy topic among a thousand quiet ones costs one more scan and not a thousand full ones.
    private static async Task<List<(OriginatorId Originator, SequenceId Sequence)>> MergeAsync(
        NpgsqlDataSource reader, List<Pair> pairs, long perPair, Cursor ceiling, ReadFilter filter, int count)
    {
        var keys = new List<(OriginatorId Originator, SequenceId Sequence)>();
        var left = pairs.ConvertAll(pair => (Pair: pair, Rows: perPair));
        while (left.Count > 0)
        {
            var rows = Math.Clamp(RowsPerScan / left.Count, 1, left.Max(pair => pair.Rows));
            await using var command = reader.CreateCommand(ScanPairsSql);
            AddPairs(command.Parameters, left.ConvertAll(pair => pair.Pair), rows, ceiling, filter);
            var found = await command.AllAsync(row => (Number: (int)row.GetInt64(0) - 1, Key: ReadKey(row)));
            var cut = new List<(Pair Pair, long Rows)>();
            foreach (var pair in found.GroupBy(row => row.Number))
            {
                var (asked, rest) = left[pair.Key];
                var taken = pair.Select(row => row.Key).Order().Take((int)rest).ToList();
                keys.AddRange(taken);
                if (taken.Count == rows && rest > rows) cut.Add((asked with { After = taken[^1].Sequence }, rest - rows));
            }

            keys.Sort();
            if (keys.Count > count) keys.RemoveRange(count, keys.Count - count);
            left = cut.FindAll(pair => keys.Count < count || (pair.Pair.Originator, pair.Pair.After).CompareTo(keys[^1]) < 0);
        }

        return keys;
    }

    private static (OriginatorId Originator, SequenceId Sequence) ReadKey(NpgsqlDataReader row) =>
        (new OriginatorId((uint)row.GetInt32(1)), new SequenceId((ulong)row.GetInt64(2)));

    private static NpgsqlParameterCollection AddPairs(
        NpgsqlParameterCollection parameters, List<Pair> pairs, long rows, Cursor ceiling, ReadFilter filter)
    {
        var count = pairs.Count;
        var (topics, logs, afters, upTos) = (new ReadOnlyMemory<byte>[count], new int[count], new long[count], new long[count]);
        for (var index = 0; index < count; index++)
        {
            var pair = pairs[index];
            topics[index] = pair.Topic.Bytes;
            logs[index] = (int)pair.Originator.Value;
            (afters[index], upTos[index]) = ((long)pair.After.Value, (long)pair.UpTo.Value);
        }

        return parameters.With(topics).With(logs).With(afters).With(upTos).With(rows).With(filter.NowSeconds).WithCeiling(ceiling);
    }

    private static bool HasFullPair(IReadOnlyList<LogEntry> entries, int perPair) =>
        entries.CountBy(entry => (entry.Originator, entry.Topic)).Any(pair => pair.Value == perPair);

    private sealed record Pair(Topic Topic, OriginatorId Originator, SequenceId After, SequenceId UpTo);
}
