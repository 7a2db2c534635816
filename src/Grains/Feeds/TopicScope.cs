using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Topics, each from its own position.</summary>
internal sealed class TopicScope : FeedScope
{
    private const int RegisterAtOnce = 512; // so that a stream over ten thousand topics does not hold up the feed

    private readonly Topic[] _topics;
    private Cursor[]? _starts; // at the same index; gone once history is read
    private Dictionary<Topic, Cursor>? _ahead; // topics whose reader knows more than this process does

    public TopicScope(IReadOnlyList<TopicPosition> positions)
    {
        var seen = new HashSet<Topic>(positions.Count, TopicComparer.Instance);
        var (topics, starts) = (new List<Topic>(positions.Count), new List<Cursor>(positions.Count));
        foreach (var position in positions)
        {
            if (!seen.Add(position.Topic)) continue; // the first position of a topic counts (02 §13.3)
            topics.Add(position.Topic);
            starts.Add(position.After);
        }

        (_topics, _starts) = ([.. topics], [.. starts]);
    }

    public override Cursor Start => Cursor.Empty;

    public override bool HasAhead => _ahead is not null;

    public override void Register(FeedHub hub, FeedStream stream)
    {
        for (var from = 0; from < _topics.Length || from == 0; from += RegisterAtOnce)
        {
            var part = _topics.AsMemory(from, Math.Min(RegisterAtOnce, _topics.Length - from));
            hub.Register(stream, fanOut =>
            {
                foreach (var topic in part.Span)
                {
                    fanOut.Add(topic, stream);
                }
            });
        }
    }

    public override void Unregister(FeedHub hub, FeedStream stream)
    {
        for (var from = 0; from < _topics.Length || from == 0; from += RegisterAtOnce)
        {
            var part = _topics.AsMemory(from, Math.Min(RegisterAtOnce, _topics.Length - from));
            hub.Unregister(stream, fanOut =>
            {
                foreach (var topic in part.Span)
                {
                    fanOut.Remove(topic, stream);
                }
            });
        }
    }

    public override Task<EntryPage> ReadAsync(
        IEnvelopeStore store, Cursor after, Cursor ceiling, long nowSeconds, PageLimit limit, CancellationToken cancellationToken)
    {
        var positions = new List<TopicPosition>(_topics.Length);
        for (var at = 0; at < _topics.Length; at++)
        {
            var start = _starts is null ? _ahead?.GetValueOrDefault(_topics[at]) : _starts[at];
            var position = start is null ? after : start.Join(after);
            if (!position.Covers(ceiling)) positions.Add(new TopicPosition(_topics[at], position));
        }

        return positions.Count == 0
            ? Task.FromResult(EntryPage.Empty)
            : store.ReadTopicsAsync(positions, new ReadFilter { NowSeconds = nowSeconds, UpTo = ceiling }, limit, cancellationToken);
    }

    public override void CaughtUp(Cursor ceiling)
    {
        for (var at = 0; _starts is not null && at < _topics.Length; at++)
        {
            if (ceiling.Covers(_starts[at])) continue;
            _ahead ??= new Dictionary<Topic, Cursor>(TopicComparer.Instance);
            _ahead[_topics[at]] = _starts[at];
        }

        _starts = null;
    }

    public override bool Has(LogEntry entry) =>
        _ahead is not null && _ahead.TryGetValue(entry.Topic, out var start) && entry.Sequence <= start[entry.Originator];
}
