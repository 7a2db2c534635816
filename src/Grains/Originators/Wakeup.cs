namespace XmtpOrleans.Grains.Originators;

/// <summary>Lets the waits of one owner sleep until something changed. Used on the owner's turn only; its waits go on in later turns.</summary>
internal sealed class Wakeup(TimeProvider clock)
{
    private readonly List<TaskCompletionSource> _waits = [];

    /// <summary>Waits for the next <see cref="Set"/>, at most that long; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public async Task WaitAsync(TimeSpan limit)
    {
        var wait = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waits.Add(wait);
        var timer = limit == Timeout.InfiniteTimeSpan
            ? null
            : clock.CreateTimer(static state => ((TaskCompletionSource)state!).TrySetResult(), wait, limit, Timeout.InfiniteTimeSpan);
        await wait.Task;
        if (timer is null) return;
        await timer.DisposeAsync();
        _waits.Remove(wait); // it is still there when the timer ended it
    }

    /// <summary>Ends every wait that there is.</summary>
    public void Set()
    {
        foreach (var wait in _waits) wait.TrySetResult();
        _waits.Clear();
    }
}
