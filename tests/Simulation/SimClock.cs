namespace XmtpOrleans.Simulation;

/// <summary>One process's clocks: timers and monotonic time are true, the time of day may be off and jump.</summary>
internal sealed class SimClock(World world) : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>How far the time of day is ahead of the true one.</summary>
    public TimeSpan Offset { get; set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + world.Now + Offset;

    public override long GetTimestamp() => world.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimTimer(world, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
