using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The last commits of one log, bounded by count and bytes; one batch is kept however large it is. Used by one caller at a time.</summary>
internal sealed class BatchWindow(int maxBatches, long maxBytes)
{
    private readonly List<(FeedBatch Batch, int Bytes)> _batches = []; // the first _start are dropped
    private int _start;
    private long _bytes;

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty => _start == _batches.Count;

    /// <summary>Batches kept.</summary>
    public int Count => _batches.Count - _start;

    /// <summary>The position before the oldest batch kept; zero when there is none.</summary>
    public SequenceId Before => IsEmpty ? default : _batches[_start].Batch.Previous;

    /// <summary>The position after the newest batch kept; zero when there is none.</summary>
    public SequenceId Last => IsEmpty ? default : _batches[^1].Batch.Last;

    /// <summary>Adds a batch that ends after every other.</summary>
    public void Add(FeedBatch batch)
    {
        var bytes = batch.Entries.Sum(static entry => entry.Bytes.Length);
        _batches.Add((batch, bytes));
        _bytes += bytes;
        while (Count > 1 && (Count > maxBatches || _bytes > maxBytes))
        {
            _bytes -= _batches[_start].Bytes;
            _batches[_start++] = default;
        }

        if (_start > _batches.Count / 2)
        {
            _batches.RemoveRange(0, _start);
            _start = 0;
        }
    }

    /// <summary>The batches that end after a position, in order, until they hold about so many bytes; at least one when there is one.</summary>
    public FeedBatch[] Take(SequenceId after, int bytesAtMost)
    {
        if (after >= Last) return [];
        var first = FirstAfter(after);
        var count = 0;
        var bytes = 0L;
        while (first + count < _batches.Count && (count == 0 || bytes + _batches[first + count].Bytes <= bytesAtMost))
        {
            bytes += _batches[first + count++].Bytes;
        }

        return [.. _batches.GetRange(first, count).Select(static held => held.Batch)];
    }

    /// <summary>The batch that holds a position; <see langword="null"/> when none does.</summary>
    public FeedBatch? Find(SequenceId sequence)
    {
        if (IsEmpty || sequence <= Before || sequence > Last) return null;
        var batch = _batches[FirstAfter(new SequenceId(sequence.Value - 1))].Batch;
        return sequence > batch.Previous ? batch : null;
    }

    // Index of the first batch that ends after a position before the last one.
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
}
