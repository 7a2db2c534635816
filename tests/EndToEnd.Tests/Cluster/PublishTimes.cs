using System.Collections.Concurrent;
using System.Diagnostics;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>When publishes succeeded.</summary>
internal sealed class PublishTimes
{
    private readonly ConcurrentQueue<long> _times = new();

    /// <summary>One succeeded now.</summary>
    public void Add() => _times.Enqueue(Stopwatch.GetTimestamp());

    /// <summary>The longest time without a success among those that a moment lies in or that began after it, and that ended before another moment: each
    /// belongs to one kill only, the one before its end.</summary>
    public TimeSpan LongestGap(long from, long to)
    {
        var times = _times.Order().ToList();
        var before = Math.Max(0, times.FindLastIndex(time => time <= from));
        var longest = TimeSpan.Zero;
        for (var at = before + 1; at < times.Count && times[at] <= to; at++)
        {
            var gap = Stopwatch.GetElapsedTime(times[at - 1], times[at]);
            if (gap > longest) longest = gap;
        }

        return longest;
    }

    /// <summary>When the first success after a moment was, counted from it; null when there was none.</summary>
    public TimeSpan? FirstAfter(long from)
    {
        var later = _times.Where(time => time > from).ToList();
        return later.Count == 0 ? null : Stopwatch.GetElapsedTime(from, later.Min());
    }

    /// <summary>The value that so many percent of some do not exceed.</summary>
    public static TimeSpan Percentile(IReadOnlyCollection<TimeSpan> values, double percent) =>
        values.Order().ElementAt(Math.Clamp((int)Math.Ceiling(values.Count * percent / 100) - 1, 0, values.Count - 1));
}
