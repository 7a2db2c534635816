using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Reads of entries, as a reader's thread runs them.</summary>
internal static class SqliteReads
{
    internal const string ScanLogSql = """
        SELECT originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes FROM envelope
        WHERE originator_id = $1 AND sequence_id > $2 AND sequence_id <= $3 ORDER BY sequence_id
        """;

    internal const string ReadByKeySql = """
        SELECT originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes FROM envelope
        WHERE originator_id = $1 AND sequence_id = $2
        """;

    internal const string ReadByIdSql = """
        SELECT originator_id, sequence_id, originator_ns, arrival_us, expiry_seconds, servable, topic, signed_bytes FROM envelope
        WHERE envelope_id = $1
        """;

    // Both walk the index alone.
    internal const string ScanTopicSql = """
        SELECT sequence_id, expiry_seconds, envelope_id FROM envelope
        WHERE servable = 1 AND topic = $1 AND originator_id = $2 AND sequence_id > $3 AND sequence_id <= $4 ORDER BY sequence_id
        """;

    internal const string ScanTopicBackSql = """
        SELECT sequence_id, expiry_seconds, envelope_id FROM envelope
        WHERE servable = 1 AND topic = $1 AND originator_id = $2 AND sequence_id <= $3 ORDER BY sequence_id DESC
        """;

    // Expired rows are passed in the index; only of the row it ends at is more read, and of that not the signed bytes.
    internal const string LastOfTopicSql = """
        SELECT envelope_id, sequence_id, originator_ns, arrival_us FROM envelope
        WHERE servable = 1 AND topic = $1 AND originator_id = $2 AND sequence_id <= $3 AND expiry_seconds > $4
        ORDER BY sequence_id DESC LIMIT 1
        """;

    public static EntryPage Log(SqliteSession session, OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit)
    {
        var page = new PageBuilder(limit);
        var scan = session.Statement(ScanLogSql).Bind(1, originator.Value).Bind(2, (long)after.Value).Bind(3, (long)upTo.Value);
        try
        {
            while (scan.Step() && page.Fits(scan.Blob(Columns.Bytes).Length))
            {
                page.Add(Columns.Entry(scan));
            }
        }
        finally
        {
            scan.Reset();
        }

        return page.Build();
    }

    public static EntryPage Topics(
        SqliteSession session, IReadOnlyList<TopicPosition> topics, Cursor marks, ReadFilter filter, PageLimit limit)
    {
        var page = new PageBuilder(limit);
        var newest = new NewestKeyPackages(session, marks, filter);
        foreach (var (originator, mark) in filter.UpTo ?? marks)
        {
            var found = new SmallestPositions(page.Room + 1);
            foreach (var position in topics)
            {
                if (position.After[originator] >= mark) continue;
                if (ScanPair(session, position, originator, filter, newest, found)) page.More = true;
            }

            foreach (var row in found.Ascending())
            {
                var read = session.Statement(ReadByIdSql).Bind(1, row);
                try
                {
                    read.Step();
                    if (!page.Fits(read.Blob(Columns.Bytes).Length)) return page.Build();
                    page.Add(Columns.Entry(read));
                }
                finally
                {
                    read.Reset();
                }
            }
        }

        return page.Build();
    }

    public static TailPage Tail(SqliteSession session, Topic topic, Cursor upTo, PageLimit perLog)
    {
        var entries = new List<LogEntry>();
        var floor = Cursor.Empty;
        foreach (var (originator, ceiling) in upTo)
        {
            var log = new PageBuilder(perLog);
            var scan = session.Statement(ScanTopicBackSql).Bind(1, topic.Bytes.Span).Bind(2, originator.Value).Bind(3, (long)ceiling.Value);
            try
            {
                while (scan.Step())
                {
                    var entry = ById(session, scan.Integer(2));
                    if (!log.Fits(entry.Bytes.Length))
                    {
                        floor = floor.With(originator, entry.Sequence);
                        break;
                    }

                    log.Add(entry);
                }
            }
            finally
            {
                scan.Reset();
            }

            entries.AddRange(log.Build().Entries.Reverse());
        }

        return new TailPage(entries, floor);
    }

    public static LogEntry?[] Newest(SqliteSession session, IReadOnlyList<Topic> topics, Cursor marks, ReadFilter filter)
    {
        var entries = new LogEntry?[topics.Count];
        for (var index = 0; index < entries.Length; index++)
        {
            if (NewestOf(session, topics[index], marks, filter) is { } newest) entries[index] = ById(session, newest.Row);
        }

        return entries;
    }

    // The latest upload of a key package counts however late it arrives; of everything else the latest arrival (02 §12.1). Within a log,
    // position, time and arrival rise together.
    private static LastRow? NewestOf(SqliteSession session, Topic topic, Cursor marks, ReadFilter filter)
    {
        var isKeyPackage = topic.Kind == TopicKind.KeyPackages;
        var last = session.Statement(LastOfTopicSql).Bind(1, topic.Bytes.Span).Bind(4, isKeyPackage ? long.MinValue : filter.NowSeconds);
        LastRow? newest = null;
        foreach (var (originator, _) in filter.UpTo ?? marks)
        {
            last.Bind(2, originator.Value).Bind(3, (long)Ceiling(filter, originator).Value);
            try
            {
                if (!last.Step()) continue;
                var row = new LastRow(
                    last.Integer(isKeyPackage ? 2 : 3), originator, new SequenceId((ulong)last.Integer(1)), last.Integer(0));
                if (newest is not { } other || row.IsNewerThan(other)) newest = row;
            }
            finally
            {
                last.Reset();
            }
        }

        return newest;
    }

    public static LogEntry? ByKey(SqliteSession session, OriginatorId originator, SequenceId sequence)
    {
        var read = session.Statement(ReadByKeySql).Bind(1, originator.Value).Bind(2, (long)sequence.Value);
        try
        {
            return read.Step() ? Columns.Entry(read) : null;
        }
        finally
        {
            read.Reset();
        }
    }

    private static LogEntry ById(SqliteSession session, long row)
    {
        var read = session.Statement(ReadByIdSql).Bind(1, row);
        try
        {
            read.Step();
            return Columns.Entry(read);
        }
        finally
        {
            read.Reset();
        }
    }

    // Adds a pair's rows while they are among the smallest positions; true when the limit of a pair left some out.
    private static bool ScanPair(
        SqliteSession session, TopicPosition position, OriginatorId originator, ReadFilter filter, NewestKeyPackages newest,
            SmallestPositions found)
    {
        var scan = session.Statement(ScanTopicSql).Bind(1, position.Topic.Bytes.Span).Bind(2, originator.Value)
            .Bind(3, (long)position.After[originator].Value).Bind(4, (long)Ceiling(filter, originator).Value);
        try
        {
            for (var taken = 0; scan.Step();)
            {
                var sequence = scan.Integer(0);
                if (scan.Integer(1) <= filter.NowSeconds
                    && !newest.Contains(position.Topic, (originator, new SequenceId((ulong)sequence))))
                {
                    continue;
                }

                if (filter.PerPair > 0 && taken == filter.PerPair) return true;
                if (!found.TryAdd(sequence, scan.Integer(2))) return false;
                taken++;
            }

            return false;
        }
        finally
        {
            scan.Reset();
        }
    }

    public static SequenceId Ceiling(ReadFilter filter, OriginatorId originator) =>
        filter.UpTo is { } upTo ? upTo[originator] : new SequenceId(SequenceId.MaxValue);

    /// <summary>The newest key package of a topic is served although it expired; looked up once for each topic of a page.</summary>
    public sealed class NewestKeyPackages(SqliteSession session, Cursor marks, ReadFilter filter)
    {
        private readonly Dictionary<Topic, (OriginatorId, SequenceId)?> _known = [];

        public bool Contains(Topic topic, (OriginatorId Originator, SequenceId Sequence) position)
        {
            if (topic.Kind != TopicKind.KeyPackages) return false;
            if (!_known.TryGetValue(topic, out var newest))
            {
                newest = NewestOf(session, topic, marks, filter) is { } row ? (row.Originator, row.Sequence) : null;
                _known.Add(topic, newest);
            }

            return newest == position;
        }
    }

    // The last visible row of a (topic, log) pair, with the time that decides between logs.
    private readonly record struct LastRow(long Time, OriginatorId Originator, SequenceId Sequence, long Row)
    {
        public bool IsNewerThan(LastRow other) =>
            (Time, Originator, Sequence).CompareTo((other.Time, other.Originator, other.Sequence)) > 0;
    }

    /// <summary>Columns of every statement that reads whole entries.</summary>
    public static class Columns
    {
        public const int Expiry = 4;
        public const int Bytes = 7;

        public static (OriginatorId, SequenceId) Position(SqliteStatement row) =>
            (new OriginatorId((uint)row.Integer(0)), new SequenceId((ulong)row.Integer(1)));

        public static Topic Topic(SqliteStatement row) => TopicComparer.Instance.Create(row.Blob(6));

        public static LogEntry Entry(SqliteStatement row) => new()
        {
            Originator = new OriginatorId((uint)row.Integer(0)),
            Sequence = new SequenceId((ulong)row.Integer(1)),
            OriginatorNs = row.Integer(2),
            ArrivalUs = row.Integer(3),
            ExpirySeconds = row.Integer(Expiry),
            Servable = row.Integer(5) != 0,
            Topic = Topic(row),
            Bytes = row.Blob(Bytes).ToArray(),
        };
    }
}
