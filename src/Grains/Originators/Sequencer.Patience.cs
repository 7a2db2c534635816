using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Grains.Originators;

internal sealed partial class Sequencer
{
    // Waits for the store. What it keeps waiting for too long is refused, and so is what comes before it answers; the call goes on, and what was
    // stored by it is recognized when it is published again.
    private async Task<T> WithPatienceAsync<T>(Task<T> call)
    {
        if (await call.EndsWithinAsync(_options.StorePatience, _clock, CancellationToken.None)) return await call;
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
