namespace XmtpOrleans.Storage;

/// <summary>A read that all who wait for it share: at most one is in flight, and who comes while it runs waits for the next, because the
/// running one may already have looked.</summary>
/// <remarks>The next one does not begin at once but takes its place behind the work that is ready to run: under load that is where its readers
/// come from, so more of them share it, and at rest there is none to wait for.</remarks>
internal sealed class SharedRead<T>(Func<Task<T>> read, Action<IThreadPoolWorkItem>? queue = null) : IThreadPoolWorkItem
{
    private readonly Action<IThreadPoolWorkItem> _queue = queue ?? (static work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false));
    private readonly Lock _gate = new();
    private TaskCompletionSource<T>? _next; // under the gate, as is the flag
    private bool _isBusy; // one runs or is about to

    /// <summary>A value read after this call began. All who share the read get the same task.</summary>
    public Task<T> ReadAsync()
    {
        Task<T> shared;
        lock (_gate)
        {
            shared = (_next ??= new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            if (_isBusy) return shared;
            _isBusy = true;
        }

        _queue(this);
        return shared;
    }

    /// <summary>Begins the read for everybody who has come so far.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        TaskCompletionSource<T> waiters;
        lock (_gate)
        {
            (waiters, _next) = (_next!, null);
        }

        _ = RunAsync(waiters);
    }

    private async Task RunAsync(TaskCompletionSource<T> waiters)
    {
        T? value = default;
        Exception? failed = null;
        try
        {
            value = await read();
        }
        catch (Exception failure) // whoever waits gets it; the next ones try again
        {
            failed = failure;
        }

        bool isAwaited;
        lock (_gate)
        {
            _isBusy = isAwaited = _next is not null;
        }

        // First the place of the next read, then the work that these answers make ready: that runs while the read is on its way.
        if (isAwaited) _queue(this);
        if (failed is null) waiters.SetResult(value!);
        else waiters.SetException(failed);
    }
}
