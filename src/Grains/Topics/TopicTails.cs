using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>The ends of all topics that grains of this silo hold; the feed is their only writer.</summary>
internal sealed class TopicTails : IFeedTap
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, TailBuffer> _buffers = new(TopicComparer.Instance);
    private readonly List<TailBuffer> _touched = [];
    private readonly TopicOptions _options;
    private long _bytes;

    public TopicTails(IOptions<TopicOptions> options, TopicMetrics metrics)
    {
        _options = options.Value;
        metrics.Observe(this);
    }

    /// <summary>Topics held.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _buffers.Count;
            }
        }
    }

    /// <summary>Bytes of the envelopes held.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>What the feed keeps of a topic; <see langword="null"/> when nobody here asked for it. Once it was dropped or given up, it shows
    /// nothing any more.</summary>
    public TailBuffer? Find(Topic topic)
    {
        lock (_gate)
        {
            return _buffers.GetValueOrDefault(topic);
        }
    }

    /// <summary>Begins to load a topic's end; false when the silo holds as much as it may.</summary>
    public bool TryStart(TailBuffer buffer)
    {
        lock (_gate)
        {
            var known = _buffers.TryGetValue(buffer.Topic, out var other) && other == buffer;
            if (_bytes >= _options.TailBytesPerSilo || (!known && _buffers.Count >= _options.TailsPerSilo)) return false;
            // Two activations of one topic may live in a silo for a moment: the later one is fed, the earlier one loads again if asked.
            if (!known && other is not null) DropOne(other);
            _buffers[buffer.Topic] = buffer;
            _bytes -= buffer.Bytes;
            buffer.StartLoading();
            return true;
        }
    }

    /// <summary>Completes a load; false when it came to nothing because the feed jumped.</summary>
    public bool Fill(TailBuffer buffer, TailPage page, Cursor ceiling)
    {
        lock (_gate)
        {
            var filled = buffer.Fill(page, ceiling);
            _bytes += buffer.Bytes;
            return filled;
        }
    }

    /// <summary>Stops feeding a topic's end.</summary>
    public void Remove(TailBuffer buffer)
    {
        lock (_gate)
        {
            DropOne(buffer);
            if (_buffers.TryGetValue(buffer.Topic, out var known) && known == buffer) _buffers.Remove(buffer.Topic);
        }
    }

    /// <inheritdoc/>
    public void Take(OriginatorId originator, ReadOnlySpan<LogEntry> entries, bool replayed)
    {
        lock (_gate)
        {
            if (_buffers.Count == 0) return;
            foreach (var entry in entries)
            {
                if (entry.Servable && _buffers.TryGetValue(entry.Topic, out var buffer) && buffer.Stage(entry)) _touched.Add(buffer);
            }

            foreach (var buffer in _touched)
            {
                _bytes -= buffer.Bytes;
                buffer.Publish();
                _bytes += buffer.Bytes;

                // Every topic keeps its last entry whatever its size, so entries alone could fill the memory; the store has them.
                if (_bytes > _options.TailBytesPerSilo) DropOne(buffer);
            }

            _touched.Clear();
        }
    }

    /// <inheritdoc/>
    public void Skip(OriginatorId originator)
    {
        lock (_gate)
        {
            foreach (var buffer in _buffers.Values)
            {
                DropOne(buffer);
            }
        }
    }

    private void DropOne(TailBuffer buffer)
    {
        _bytes -= buffer.Bytes;
        buffer.Drop();
    }
}
