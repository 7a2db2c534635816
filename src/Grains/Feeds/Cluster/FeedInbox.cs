using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>Commits of one log that came into this process and were not taken yet. Bounded: what does not fit is the oldest, and the store has it.</summary>
internal sealed class FeedInbox(long maxBytes, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Queue<(FeedBatch Batch, long Bytes)> _batches = []; // guarded by _gate, like the next two
    private long _bytes;
    private TaskCompletionSource? _arrival;

    /// <summary>Adds a commit. The same one may come twice, and an older one after a newer.</summary>
    public void Add(FeedBatch batch)
    {
        TaskCompletionSource? arrival;
        lock (_gate)
        {
            var bytes = batch.Entries.Sum(static entry => (long)entry.Bytes.Length);
            _batches.Enqueue((batch, bytes));
            _bytes += bytes;
            while (_bytes > maxBytes && _batches.Count > 1) _bytes -= _batches.Dequeue().Bytes;
            (arrival, _arrival) = (_arrival, null);
        }

        arrival?.TrySetResult();
    }

    /// <summary>Takes out what came, as it came, until it holds about so many bytes; what ends before a position is thrown away.</summary>
    public FeedBatch[] Take(SequenceId after, int bytesAtMost)
    {
        var taken = new List<FeedBatch>();
        var bytes = 0L;
        lock (_gate)
        {
            while (_batches.TryPeek(out var next) && (taken.Count == 0 || bytes + next.Bytes <= bytesAtMost))
            {
                _batches.Dequeue();
                _bytes -= next.Bytes;
                if (next.Batch.Last <= after) continue;
                taken.Add(next.Batch);
                bytes += next.Bytes;
            }
        }

        return [.. taken];
    }

    /// <summary>Waits until something is there that was not taken, until <paramref name="other"/> is over, or that long.</summary>
    public async Task WaitAsync(TimeSpan limit, Task? other)
    {
        TaskCompletionSource arrival;
        lock (_gate)
        {
            if (_batches.Count > 0) return;
            arrival = _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await using var timer = clock.CreateTimer(
            static state => ((TaskCompletionSource)state!).TrySetResult(), arrival, limit, Timeout.InfiniteTimeSpan);
        await (other is null ? arrival.Task : Task.WhenAny(arrival.Task, other));
        lock (_gate)
        {
            if (_arrival == arrival) _arrival = null;
        }
    }
}
