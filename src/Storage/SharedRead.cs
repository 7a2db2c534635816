namespace XmtpOrleans.Storage;

/// <summary>A read that all who wait for it share: at most one is in flight, and who comes while it runs waits for the next, because the
/// running one may already have looked.</summary>
internal sealed class SharedRead<T>(Func<Task<T>> read)
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<T>? _next; // under the gate, as is the flag
    private bool _isRunning;

    /// <summary>A value read after this call began.</summary>
    public Task<T> ReadAsync()
    {
        TaskCompletionSource<T> own;
        lock (_gate)
        {
            if (_isRunning) return (_next ??= NewWaiter()).Task;
            _isRunning = true;
            own = NewWaiter();
        }

        _ = RunAsync(own);
        return own.Task;
    }

    private static TaskCompletionSource<T> NewWaiter() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync(TaskCompletionSource<T>? waiters)
    {
        while (waiters is not null)
        {
            try
            {
                waiters.SetResult(await read());
            }
            catch (Exception failure) // whoever waits gets it; the next ones try again
            {
                waiters.SetException(failure);
            }

            lock (_gate)
            {
                (waiters, _next) = (_next, null);
                _isRunning = waiters is not null;
            }
        }
    }
}
