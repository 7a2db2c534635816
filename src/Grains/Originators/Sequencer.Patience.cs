namespace XmtpOrleans.Grains.Originators;

internal sealed partial class Sequencer
{
    // Of the patience: a process that stood still itself must not take its own pause for the store's.
    private const int PatienceSteps = 4;

    // Waits for the store. What it keeps waiting for too long is refused, and so is what comes before it answers; the call goes on, and what was
    // stored by it is recognized when it is published again.
    private async Task<T> WithPatienceAsync<T>(Task<T> call)
    {
        for (var step = 0; step < PatienceSteps && !call.IsCompleted; step++)
        {
            try
            {
                return await call.WaitAsync(_options.StorePatience / PatienceSteps, _clock, CancellationToken.None);
            }
            catch (TimeoutException)
            {
                // The next step.
            }
        }

        if (call.IsCompleted) return await call;
        _isStoreLate = true;
        Log.StoreLate(_logger, _originator);
        foreach (var publish in (_committing?.Publishes ?? []).Concat(_sealing?.Publishes ?? []).Concat(_queue)) Refuse(publish, StorePause);
        _queue.Clear();
        try
        {
            return await call;
        }
        finally
        {
            _isStoreLate = false;
        }
    }
}
