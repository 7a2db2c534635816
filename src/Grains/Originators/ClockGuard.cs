namespace XmtpOrleans.Grains.Originators;

/// <summary>Tells when the clock may not be stamped with (invariant I6): clients sort by these times and lose what falls.</summary>
internal sealed class ClockGuard
{
    private readonly TimeProvider _uptime;
    private readonly SequencerOptions _options;
    private readonly long _start;
    private readonly DateTimeOffset _startTime;

    /// <summary>A guard that measures from a moment at which the store's clock was read.</summary>
    /// <param name="uptime">Timestamps that go on while the machine sleeps, and that nobody sets.</param>
    /// <param name="options">The tolerances.</param>
    /// <param name="start">Its timestamp when the store's clock was asked for.</param>
    /// <param name="storeTime">What the store's clock said.</param>
    public ClockGuard(TimeProvider uptime, SequencerOptions options, long start, DateTimeOffset storeTime)
    {
        _uptime = uptime;
        _options = options;
        _start = start;
        _startTime = storeTime;
    }

    /// <summary>Nanoseconds since the Unix epoch of a time, cut to whole microseconds.</summary>
    public static long Nanoseconds(DateTimeOffset time) =>
        (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond * 1_000;

    /// <summary>How far the clock is outside what is tolerated now: negative when it fell behind the last stamp, positive when it ran ahead of
    /// the store's clock and the uptime since; zero when it may be used.</summary>
    /// <param name="lastNs">The last stamp.</param>
    /// <param name="now">The clock's time.</param>
    public TimeSpan Deviation(long lastNs, DateTimeOffset now)
    {
        if (_options.IgnoreClock) return TimeSpan.Zero;
        var behind = TimeSpan.FromMicroseconds((lastNs - Nanoseconds(now)) / 1_000);
        if (behind > _options.ClockBehindLimit) return -behind;
        var ahead = now - (_startTime + _uptime.GetElapsedTime(_start));
        return ahead > _options.ClockAheadLimit ? ahead : TimeSpan.Zero;
    }
}
