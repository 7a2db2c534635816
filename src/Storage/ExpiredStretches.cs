using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage;

/// <summary>Where logs have nothing to show because all of it expired and is not pruned yet. What expired stays so: each stretch is walked once by a
/// process, and not again by everybody who starts before it.</summary>
internal sealed class ExpiredStretches
{
    /// <summary>Positions that one call looks at, so that a long stretch does not keep others waiting.</summary>
    public const int PositionsPerScan = 5_000;

    /// <summary>Shorter ones are walked each time.</summary>
    public const int Shortest = 1_000;

    private const int MostOfLog = 4_096;

    private readonly Lock _gate = new();
    private readonly Dictionary<OriginatorId, SortedList<ulong, ulong>> _logs = []; // position before a stretch → its last; apart from each other
    private long _seconds = long.MinValue; // the latest second that one was judged at

    /// <summary>The position from which on there may be something to show.</summary>
    public SequenceId Skip(OriginatorId originator, SequenceId after, long nowSeconds)
    {
        lock (_gate)
        {
            if (nowSeconds < _seconds || !_logs.TryGetValue(originator, out var log)) return after;
            var at = IndexAtOrBefore(log, after.Value);
            return at >= 0 && log.Values[at] > after.Value ? new SequenceId(log.Values[at]) : after;
        }
    }

    /// <summary>Notes that nothing between two positions was to be shown at a second.</summary>
    public void Add(OriginatorId originator, SequenceId after, SequenceId last, long nowSeconds)
    {
        if (last.Value < after.Value + Shortest) return;
        lock (_gate)
        {
            _seconds = Math.Max(_seconds, nowSeconds);
            if (!_logs.TryGetValue(originator, out var log)) _logs.Add(originator, log = []);
            var (from, to) = (after.Value, last.Value);
            for (var at = IndexAtOrBefore(log, to); at >= 0 && log.Values[at] >= from; at--)
            {
                (from, to) = (Math.Min(from, log.Keys[at]), Math.Max(to, log.Values[at]));
                log.RemoveAt(at);
            }

            if (log.Count >= MostOfLog) log.RemoveAt(log.Count - 1); // the newest: it is looked for least, and found again
            log[from] = to;
        }
    }

    private static int IndexAtOrBefore(SortedList<ulong, ulong> log, ulong position)
    {
        var (low, high) = (0, log.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (log.Keys[middle] <= position) low = middle + 1;
            else high = middle;
        }

        return low - 1;
    }
}
