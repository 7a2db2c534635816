using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Tests.Contract;

/// <summary>What the reads must answer, said as plainly as possible over all entries that were appended.</summary>
internal sealed class StoreModel(IReadOnlyList<LogEntry> entries)
{
    public EntryPage Originators(IReadOnlyList<OriginatorId> originators, Cursor after, ReadFilter filter, PageLimit limit) => Cut(
        entries.Where(entry => originators.Contains(entry.Originator) && entry.Sequence > after[entry.Originator] && IsVisible(entry,
            filter)), filter, limit);

    public EntryPage Topics(IReadOnlyList<TopicPosition> topics, ReadFilter filter, PageLimit limit) => Cut(
        entries.Where(entry => entry.Servable && IsVisible(entry, filter)
            && topics.Any(position => position.Topic.Equals(entry.Topic) && entry.Sequence > position.After[entry.Originator])),
        filter,
        limit);

    public LogEntry? Newest(Topic topic, ReadFilter filter)
    {
        var candidates = entries.Where(entry => entry.Servable && entry.Topic.Equals(topic) && IsUnder(entry, filter)
            && (topic.Kind == TopicKind.KeyPackages || entry.ExpirySeconds > filter.NowSeconds));
        var lastOfEach = candidates.GroupBy(entry => entry.Originator).Select(log => log.MaxBy(entry => entry.Sequence)!);
        return lastOfEach.MaxBy(entry => (topic.Kind == TopicKind.KeyPackages ? entry.OriginatorNs : entry.ArrivalUs, entry.Originator,
            entry.Sequence));
    }

    public TailPage Tail(Topic topic, Cursor upTo, PageLimit perLog)
    {
        var floor = Cursor.Empty;
        var tail = new List<LogEntry>();
        foreach (var log in entries.Where(entry => entry.Servable && entry.Topic.Equals(topic) && entry.Sequence <= upTo[entry.Originator])
            .GroupBy(entry => entry.Originator).OrderBy(log => log.Key))
        {
            var backwards = log.OrderByDescending(entry => entry.Sequence).ToList();
            var page = Cut(backwards, new ReadFilter { NowSeconds = 0 }, perLog, isOrdered: true);
            if (page.More) floor = floor.With(log.Key, backwards[page.Entries.Count].Sequence);
            tail.AddRange(page.Entries.Reverse());
        }

        return new TailPage(tail, floor);
    }

    private static bool IsUnder(LogEntry entry, ReadFilter filter) => filter.UpTo is not { } upTo
        || entry.Sequence <= upTo[entry.Originator];

    private bool IsVisible(LogEntry entry, ReadFilter filter) => IsUnder(entry, filter)
        && (entry.ExpirySeconds > filter.NowSeconds
            || (entry.Topic.Kind == TopicKind.KeyPackages && ReferenceEquals(Newest(entry.Topic, filter), entry)));

    private static EntryPage Cut(IEnumerable<LogEntry> found, ReadFilter filter, PageLimit limit, bool isOrdered = false)
    {
        var ordered = (isOrdered ? found : found.OrderBy(entry => entry.Originator).ThenBy(entry => entry.Sequence)).ToList();
        var admitted = filter.PerPair == 0
            ? ordered
            : [.. ordered.GroupBy(entry => (entry.Originator, entry.Topic)).SelectMany(pair => pair.Take(filter.PerPair))
                .OrderBy(entry => entry.Originator).ThenBy(entry => entry.Sequence)];
        var page = new List<LogEntry>();
        var bytes = 0L;
        foreach (var entry in admitted)
        {
            if (page.Count > 0 && (page.Count >= limit.Count || bytes + entry.Bytes.Length > limit.Bytes)) break;
            page.Add(entry);
            bytes += entry.Bytes.Length;
        }

        return new EntryPage(page, page.Count < ordered.Count);
    }
}
