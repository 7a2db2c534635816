using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The last commits of one log, bounded by count and bytes: what the live feed reads. Used on its owner's turn only.</summary>
internal sealed class LogRing(TimeProvider clock, int maxBatches, long maxBytes)
{
    private readonly List<(FeedBatch Batch, int Bytes)> _batches = []; // the first _start are dropped
    private readonly Wakeup _changed = new(clock);
    private int _start;
    private long _bytes;
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
        var bytes = batch.Entries.Sum(static entry => entry.Bytes.Length);
        _batches.Add((batch, bytes));
        _bytes += bytes;
        Head = batch.Last;
        while (_batches.Count - _start > 1 && (_batches.Count - _start > maxBatches || _bytes > maxBytes))
        {
            _bytes -= _batches[_start].Bytes;
            _batches[_start++] = default;
        }

        if (_start > _batches.Count / 2)
        {
            _batches.RemoveRange(0, _start);
            _start = 0;
        }

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
                return _start == _batches.Count || after < _batches[_start].Batch.Previous
                    ? Reply(FeedStatus.OlderThanRing, [])
                    : Reply(FeedStatus.Current, Take(after, maxBytes));
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
        if (_start == _batches.Count || sequence <= _batches[_start].Batch.Previous || sequence > Head) return false;
        var entries = _batches[FirstAfter(new SequenceId(sequence.Value - 1))].Batch.Entries;
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

    private FeedBatch[] Take(SequenceId after, int maxBytes)
    {
        var first = FirstAfter(after);
        var count = 0;
        var bytes = 0L;
        while (first + count < _batches.Count && (count == 0 || bytes + _batches[first + count].Bytes <= maxBytes))
        {
            bytes += _batches[first + count++].Bytes;
        }

        return [.. _batches.GetRange(first, count).Select(static held => held.Batch)];
    }

    // Index of the first batch that holds something after a position that the ring reaches back to.
    private int FirstAfter(SequenceId after)
    {
        var (low, high) = (_start, _batches.Count - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_batches[middle].Batch.Last > after) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    private FeedReply Reply(FeedStatus status, FeedBatch[] batches) => new() { Status = status, Batches = batches, Head = Head };
}
