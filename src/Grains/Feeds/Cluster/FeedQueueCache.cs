using Orleans.Runtime;
using Orleans.Streams;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>The commits of one queue that some processes may not have got yet. Nobody holds it back: a process that lags behind goes on with the
/// oldest commit that is kept, notices the gap, and reads the store.</summary>
internal sealed class FeedQueueCache(int maxBatches, long maxBytes, int deliveryBytes) : IQueueCache
{
    private readonly BatchWindow _batches = new(maxBatches, maxBytes);
    private OriginatorId _originator;

    /// <inheritdoc/>
    public int GetMaxAddCount() => QueueAdapterConstants.UNLIMITED_GET_QUEUE_MSG;

    /// <inheritdoc/>
    public bool IsUnderPressure() => false;

    /// <inheritdoc/>
    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        purgedItems = [];
        return false;
    }

    /// <inheritdoc/>
    public void AddToCache(IList<IBatchContainer> messages)
    {
        foreach (var container in messages.Cast<FeedContainer>())
        {
            _originator = container.Originator;
            foreach (var batch in container.Batches) _batches.Add(batch);
        }
    }

    /// <summary>A cursor behind a position; behind everything that is kept when none is named.</summary>
    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
        token is null ? new Cursor(this, _batches.Last, seen: null) : new Cursor(this, LiveFeed.PositionOf(token), LiveFeed.PositionOf(token));

    // An agent that is told by its consumer "I have seen this" takes a cursor there and steps over one delivery, which is what was seen. So the first
    // step of a cursor is that commit, alone, and a process that gets it twice drops it; where it is not kept, the step is no commit at all.
    private sealed class Cursor(FeedQueueCache cache, SequenceId position, SequenceId? seen) : IQueueCacheCursor
    {
        private SequenceId _position = position;
        private SequenceId? _seen = seen;
        private FeedContainer? _current;

        public IBatchContainer GetCurrent(out Exception? exception)
        {
            exception = null;
            return _current!;
        }

        public bool MoveNext()
        {
            if (cache._batches.IsEmpty) return false;
            var batches = TakeSeen() is { } seen ? [seen] : cache._batches.Take(_position, cache._deliveryBytes);
            if (batches.Length == 0) return false;
            _position = batches[^1].Last;
            _current = new FeedContainer { Originator = cache._originator, Batches = batches };
            return true;
        }

        public void Refresh(StreamSequenceToken token)
        {
            // It finds what is new by itself.
        }

        public void RecordDeliveryFailure()
        {
            // Who did not get it reads the store.
        }

        public void Dispose() => _current = null;

        private FeedBatch? TakeSeen()
        {
            if (_seen is not { } seen) return null;
            _seen = null;
            return cache._batches.Find(seen) is { } batch && batch.Last == seen ? batch : new FeedBatch { Previous = seen, Last = seen, Entries = [] };
        }
    }

    private readonly int _deliveryBytes = deliveryBytes;
}
