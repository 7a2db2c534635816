using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>
/// Notices that the store answers other silos and not this one. Then nothing is placed here any more, and the logs that live here move to a silo that it
/// answers; what they had in flight is fenced. When that lasts, the silo ends as one that was declared dead does: others take the rest of its grains, and
/// its next start waits for the store. When the store answers nobody, nothing happens: it is away for all.
/// </summary>
internal sealed partial class StoreWatch(
    StoreContact contact,
    StoreWitnesses others,
    SiloDeparture departure,
    LogHandOver logs,
    IFatalErrorHandler fatal,
    TimeProvider clock,
    ILogger<StoreWatch> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private long _since; // it is cut off

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.RunWhileActive(nameof(StoreWatch), WatchAsync);

    private async Task WatchAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            await LookAsync(stopping);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        try
        {
            var isAnswering = await contact.IsAnsweringAsync(stopping);
            var seeing = isAnswering ? [] : await others.SeeingAsync();
            if (seeing.Count == 0) CallBack();
            else await CutOffAsync(seeing, stopping);
        }
#pragma warning disable CA1031 // The top of a loop that must not end while the silo lives.
        catch (Exception failure) when (failure is not OperationCanceledException || !stopping.IsCancellationRequested)
#pragma warning restore CA1031
        {
            Log.Failed(logger, failure);
        }
    }

    private void CallBack()
    {
        if (!departure.IsCutOff) return;
        departure.Regain();
        Log.Back(logger);
    }

    private async Task CutOffAsync(IReadOnlyList<SiloAddress> seeing, CancellationToken stopping)
    {
        if (!departure.IsCutOff)
        {
            _since = clock.GetTimestamp();
            departure.Lose();
            Log.CutOff(logger, seeing.Count);
        }

        await logs.MoveToAsync(seeing, stopping);
        if (clock.GetElapsedTime(_since) < Limit) return;
        Log.Ends(logger, Limit);
        fatal.OnFatalException(this, "The store answers other silos and not this one.", null);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.SiloCutOff, LogLevel.Error, "The store does not answer this silo, but {Others} others: its logs move there")]
        public static partial void CutOff(ILogger logger, int others);

        [LoggerMessage(EventIds.SiloNotCutOff, LogLevel.Information, "This silo may keep logs again")]
        public static partial void Back(ILogger logger);

        [LoggerMessage(EventIds.SiloEnds, LogLevel.Critical, "The store has answered other silos and not this one for {Limit}: this process ends, so that others take its grains")]
        public static partial void Ends(ILogger logger, TimeSpan limit);

        [LoggerMessage(EventIds.StoreWatchFailed, LogLevel.Error, "It could not be looked whether this silo is cut off from the store; trying again")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
