using Microsoft.Extensions.Time.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>A clock that the test moves, whose time of day may jump while timers and monotonic time go on.</summary>
internal sealed class ShiftedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    private int _timers;

    /// <summary>How far the time of day is off.</summary>
    public TimeSpan Offset { get; set; }

    /// <summary>Timers that were started so far.</summary>
    public int Timers => Volatile.Read(ref _timers);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;

    public override long GetTimestamp() => base.GetUtcNow().Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        Interlocked.Increment(ref _timers);
        return timer;
    }
}
