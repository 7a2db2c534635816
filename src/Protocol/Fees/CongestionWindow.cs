namespace XmtpOrleans.Protocol.Fees;

/// <summary>
/// The message counts of one originator in the minutes that decide about congestion. Each message is priced, then counted, so that pricing a
/// batch gives what pricing one by one with a commit in between would (04 §8.5).
/// </summary>
/// <remarks>Not for concurrent use. Holds what was priced, not what was stored: after a failed write start again from the store's counts.</remarks>
public sealed class CongestionWindow
{
    private readonly long[] _counts; // newest minute first

    /// <summary>Starts from the counts of the store.</summary>
    /// <param name="newest">The minute of the first count.</param>
    /// <param name="counts">
    /// Charged messages of that minute, of the one before it, and so on: at least <see cref="Congestion.Minutes"/>; with more of them
    /// earlier minutes can be priced too.
    /// </param>
    public CongestionWindow(long newest, IReadOnlyList<long> counts)
    {
        if (counts.Count < Congestion.Minutes) throw new ArgumentException($"Needs {Congestion.Minutes} counts.", nameof(counts));
        Newest = newest;
        _counts = [.. counts];
    }

    /// <summary>The latest minute that is counted.</summary>
    public long Newest { get; private set; }

    /// <summary>Whether a message of that minute can be priced: all later ones, and earlier ones as far as counts are known.</summary>
    public bool Covers(long minute) => Newest - minute <= _counts.Length - Congestion.Minutes;

    /// <summary>The congestion units for one more message of that minute; then counts it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The minute is not covered.</exception>
    public int Take(long minute, long targetRatePerMinute)
    {
        if (!Covers(minute)) throw new ArgumentOutOfRangeException(nameof(minute), minute, $"The counts end at minute {Newest}.");

        Advance(minute - Newest);
        var own = (int)(Newest - minute);
        var units = Congestion.Units(_counts.AsSpan(own, Congestion.Minutes), targetRatePerMinute);
        _counts[own]++;
        return units;
    }

    private void Advance(long steps)
    {
        if (steps <= 0) return;

        var kept = (int)Math.Max(0, _counts.Length - steps);
        Array.Copy(_counts, 0, _counts, _counts.Length - kept, kept);
        Array.Clear(_counts, 0, _counts.Length - kept);
        Newest += steps;
    }
}
