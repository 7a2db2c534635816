using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The last commits of one log, bounded by count and bytes: what the live feed reads. Used on its owner's turn only.</summary>
internal sealed class LogRing(TimeProvider clock, int ringBatches, long ringBytes)
{
    private readonly BatchWindow _batches = new(ringBatches, ringBytes);
    private readonly Wakeup _changed = new(clock);
    private bool _ended;

    /// <summary>The log's mark as its owner committed it; zero before the owner has a lease.</summary>
    public SequenceId Head { get; private set; }

    /// <summary>The owner took the log over at that mark; what lies before it is in the store.</summary>
    public void Open(SequenceId head)
    {
        Head = head;
        _changed.Set();
    }

    /// <summary>Shows a commit. Call it only after the store confirmed it.</summary>
    public void Add(FeedBatch batch)
    {
        _batches.Add(batch);
        Head = batch.Last;
        _changed.Set();
    }

    /// <summary>Nothing will be added any more: every read, now and later, is told to ask elsewhere.</summary>
    public void End()
    {
        _ended = true;
        _changed.Set();
    }

    /// <summary>Batches after a position; waits up to <paramref name="wait"/> when there are none. See <see cref="IOriginatorLog.ReadAsync"/>.</summary>
    public async Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait)
    {
        var asked = clock.GetTimestamp();
        while (true)
        {
            if (_ended) return Reply(FeedStatus.Ending, []);
            if (after < Head)
            {
                var isOlder = _batches.IsEmpty || after < _batches.Before;
                return Reply(isOlder ? FeedStatus.OlderThanRing : FeedStatus.Current, _batches.Take(after, maxBytes));
            }

            var left = wait - clock.GetElapsedTime(asked);
            if (left <= TimeSpan.Zero) return Reply(FeedStatus.Current, []);
            await _changed.WaitAsync(left);
        }
    }

    /// <summary>The entry of a position, as long as the ring holds it.</summary>
    public bool TryFind(SequenceId sequence, [NotNullWhen(true)] out LogEntry? entry)
    {
        entry = null;
        if (_batches.Find(sequence)?.Entries is not { } entries) return false;
        var (low, high) = (0, entries.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (entries[middle].Sequence < sequence) low = middle + 1;
            else high = middle;
        }

        entry = low < entries.Length && entries[low].Sequence == sequence ? entries[low] : null;
        return entry is not null;
    }

    private FeedReply Reply(FeedStatus status, FeedBatch[] batches) => new() { Status = status, Batches = batches, Head = Head };
}
