namespace XmtpOrleans.Simulation;

/// <summary>A timer in virtual time; one shot, as the cores use them.</summary>
internal sealed class SimTimer(World world, TimerCallback callback, object? state) : ITimer
{
    private bool _isSet;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (period != Timeout.InfiniteTimeSpan && period != TimeSpan.Zero) throw new NotSupportedException("periodic timers");
        if (_isSet && dueTime != Timeout.InfiniteTimeSpan) throw new NotSupportedException("changing a timer that runs");
        _isSet = dueTime != Timeout.InfiniteTimeSpan;
        if (_isSet) world.Schedule(this, world.Now + dueTime);
        return true;
    }

    public void Fire()
    {
        if (!_isSet) return;
        _isSet = false;
        callback(state);
    }

    public void Dispose() => _isSet = false;

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}
