using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Which stream gets which entries of a commit. Guarded by the hub's lock.</summary>
internal sealed class FeedFanOut(FeedRing ring, StreamWakes wakes)
{
    private readonly Dictionary<Topic, TopicStreams> _topics = new(TopicComparer.Instance);
    private readonly Dictionary<OriginatorId, StreamList> _originators = [];
    private readonly StreamList _all = new();
    private readonly List<TopicStreams> _touched = [];
    private TopicStreams?[] _hits = [];
    private long _batch;

    /// <summary>Topics that some stream follows.</summary>
    public int TopicCount => _topics.Count;

    /// <summary>Logs that some stream follows by id.</summary>
    public int OriginatorCount => _originators.Count;

    public void Add(Topic topic, FeedStream stream)
    {
        if (!_topics.TryGetValue(topic, out var streams)) _topics.Add(topic, streams = new TopicStreams());
        streams.List.Add(stream);
    }

    public void Remove(Topic topic, FeedStream stream)
    {
        if (!_topics.TryGetValue(topic, out var streams)) return;
        streams.List.Remove(stream);
        if (streams.List.Count == 0) _topics.Remove(topic);
    }

    public void Add(OriginatorId originator, FeedStream stream)
    {
        if (!_originators.TryGetValue(originator, out var streams)) _originators.Add(originator, streams = new StreamList());
        streams.Add(stream);
    }

    public void Remove(OriginatorId originator, FeedStream stream)
    {
        if (!_originators.TryGetValue(originator, out var streams)) return;
        streams.Remove(stream);
        if (streams.Count == 0) _originators.Remove(originator);
    }

    public void AddToAll(FeedStream stream) => _all.Add(stream);

    public void RemoveFromAll(FeedStream stream) => _all.Remove(stream);

    /// <summary>Offers a commit's entries to the streams that follow them; returns how many deliveries that were.</summary>
    /// <param name="originator">The log.</param>
    /// <param name="last">Its mark after the commit.</param>
    /// <param name="entries">The entries, ascending; not written afterwards.</param>
    /// <param name="nowSeconds">Expired entries are offered to streams by originator only.</param>
    public int Deliver(OriginatorId originator, SequenceId last, LogEntry[] entries, long nowSeconds)
    {
        if (entries.Length == 0) return 0;
        _batch++;
        var deliveries = _topics.Count == 0 ? 0 : DeliverByTopic(originator, last, entries, nowSeconds);
        if (_originators.TryGetValue(originator, out var streams))
        {
            deliveries += Offer(new FeedSlice(_batch, originator, last, entries), streams);
        }

        if (_all.Count > 0)
        {
            var shown = Array.TrueForAll(entries, entry => IsShown(entry, nowSeconds))
                ? entries
                : Array.FindAll(entries, entry => IsShown(entry, nowSeconds));
            if (shown.Length > 0) deliveries += Offer(new FeedSlice(_batch, originator, last, shown), _all);
        }

        return deliveries;
    }

    // A key package that arrives already expired may still be the newest of its installation, which stays served.
    private static bool IsShown(LogEntry entry, long nowSeconds) =>
        entry.Servable && (!entry.IsExpired(nowSeconds) || entry.Topic.Kind == TopicKind.KeyPackages);

    private int DeliverByTopic(OriginatorId originator, SequenceId last, LogEntry[] entries, long nowSeconds)
    {
        if (_hits.Length < entries.Length) _hits = new TopicStreams?[entries.Length];
        for (var at = 0; at < entries.Length; at++)
        {
            _hits[at] = IsShown(entries[at], nowSeconds) && _topics.TryGetValue(entries[at].Topic, out var streams) ? streams : null;
            if (_hits[at] is { } hit && hit.Hits++ == 0) _touched.Add(hit);
        }

        foreach (var streams in _touched)
        {
            (streams.Entries, streams.Hits) = (new LogEntry[streams.Hits], 0);
        }

        for (var at = 0; at < entries.Length; at++)
        {
            if (_hits[at] is not { } streams) continue;
            streams.Entries[streams.Hits++] = entries[at];
            _hits[at] = null;
        }

        var deliveries = 0;
        foreach (var streams in _touched)
        {
            deliveries += Offer(new FeedSlice(_batch, originator, last, streams.Entries), streams.List);
            (streams.Entries, streams.Hits) = ([], 0);
        }

        _touched.Clear();
        return deliveries;
    }

    private int Offer(FeedSlice slice, StreamList streams)
    {
        ring.Add(slice);
        foreach (var stream in streams.AsSpan())
        {
            if (stream.Offer(slice)) wakes.Add(stream);
        }

        return streams.Count;
    }

    private sealed class TopicStreams
    {
        public readonly StreamList List = new();

        // Only while a commit is cut into slices: how many of its entries are the topic's, then which.
        public int Hits;
        public LogEntry[] Entries = [];
    }
}
