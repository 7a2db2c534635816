using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Turns this node's health off while its store takes no appends, and on again when it does. A failed call of anybody is the reason to look;
/// then it looks again and again until a probe is written. Without traffic it looks every few seconds.</summary>
internal sealed partial class StoreProbe(WatchedStore store, ServingState state, TimeProvider clock, ILogger<StoreProbe> logger) : BackgroundService
{
    private const string Fault = "storage is not available";

    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private Task? _probe; // one at a time: a store that stands still must not collect them

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                store.Forget();
                if (await ProbeAsync(stoppingToken))
                {
                    if (state.Fault is not null) Log.Available(logger);
                    state.Report(null);
                    await store.WaitAsync(Quiet, stoppingToken);
                }
                else
                {
                    state.Report(Fault);
                    await Task.Delay(Pause, clock, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task<bool> ProbeAsync(CancellationToken stoppingToken)
    {
        try
        {
            _probe ??= store.ProbeAsync(CancellationToken.None);
            await _probe.WaitAsync(Patience, clock, stoppingToken);
            _probe = null;
            return true;
        }
        catch (StoreException failure)
        {
            _probe = null;
            if (state.Fault is null) Log.Unavailable(logger, failure);
            return false;
        }
        catch (TimeoutException)
        {
            if (state.Fault is null) Log.Silent(logger, Patience);
            return false;
        }
    }
}
