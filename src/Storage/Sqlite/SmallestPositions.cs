namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Keeps the rows with the smallest positions among those offered, so that merging many topics reads hardly more than it
/// returns.</summary>
internal sealed class SmallestPositions(int capacity)
{
    private static readonly Comparer<long> Descending = Comparer<long>.Create((left, right) => right.CompareTo(left));

    private readonly PriorityQueue<long, long> _rows = new(Descending);

    /// <summary>Adds a row; <see langword="false"/> when it, and so every later one of an ascending scan, is too far back.</summary>
    public bool TryAdd(long position, long row)
    {
        if (_rows.Count < capacity)
        {
            _rows.Enqueue(row, position);
            return true;
        }

        _rows.TryPeek(out _, out var greatest);
        if (position >= greatest) return false;
        _rows.EnqueueDequeue(row, position);
        return true;
    }

    /// <summary>The rows kept, by ascending position. Empties the set.</summary>
    public long[] Ascending()
    {
        var rows = new long[_rows.Count];
        for (var index = rows.Length - 1; index >= 0; index--)
        {
            rows[index] = _rows.Dequeue();
        }

        return rows;
    }
}
