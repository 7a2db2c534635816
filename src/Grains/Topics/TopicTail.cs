using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>What one topic's grain decides: whether it can answer from memory, and with what.</summary>
internal sealed class TopicTail(
    Topic topic, TopicTails tails, FeedHub hub, TopicOptions options, TimeSpan feedWait, TopicMetrics metrics)
{
    private readonly PageLimit _perLog = new(options.TailCount, options.TailBytes);
    private readonly TailBuffer _buffer = new(topic, new PageLimit(options.TailCount, options.TailBytes));
    private Task _loading = Task.CompletedTask;
    private bool _closed;

    /// <summary>Whether the silo has no room for this topic.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Entries after the query's cursor.</summary>
    public async ValueTask<TopicReply> QueryAsync(TopicQuery query, CancellationToken cancellationToken) =>
        await SnapshotAsync(query, cancellationToken) is { } snapshot ? snapshot.Query(query, topic.Kind) : Unsure();

    /// <summary>The newest entry.</summary>
    public async ValueTask<TopicReply> NewestAsync(TopicQuery query, CancellationToken cancellationToken) =>
        await SnapshotAsync(query, cancellationToken) is { } snapshot ? snapshot.Newest(query, topic.Kind) : Unsure();

    /// <summary>Gives the memory back.</summary>
    public void Close()
    {
        _closed = true;
        tails.Remove(_buffer);
    }

    private TopicReply Unsure() => IsFull ? TopicReply.Full : TopicReply.AskStore;

    // A snapshot that holds everything up to the query's marks; null when there is none.
    private async ValueTask<TailSnapshot?> SnapshotAsync(TopicQuery query, CancellationToken cancellationToken)
    {
        if (_buffer.Snapshot is null)
        {
            // A load that came to nothing is over, and the next question tries again. It is everybody's: no caller ends it.
            if (_loading.IsCompleted) _loading = LoadAsync();
            await _loading.WaitAsync(cancellationToken);
            if (_buffer.Snapshot is null) return null;
        }

        // The position first: whatever the feed applies after that is in the snapshot, or makes it hold more.
        if (!hub.Applied.Covers(query.Marks) && !await hub.WaitForAsync(query.Marks, feedWait, cancellationToken)) return null;
        return _buffer.Snapshot;
    }

    private async Task LoadAsync()
    {
        try
        {
            if (_closed || !hub.Started.IsCompleted) return;
            IsFull = !tails.TryStart(_buffer);
            if (IsFull) return;
            var ceiling = hub.Announced; // after the start: what comes later passes the buffer
            var page = await hub.Store.ReadTopicTailAsync(topic, ceiling, _perLog, CancellationToken.None);
            if (tails.Fill(_buffer, page, ceiling)) metrics.Loaded();
        }
        catch (StoreException)
        {
            // Whoever asks the store instead gets to know why it cannot answer.
            tails.Remove(_buffer);
        }
    }
}
