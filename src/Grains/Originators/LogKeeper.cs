using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Names the logs that must always be followed, every few seconds from every silo, so that each lives somewhere. When the silo stops, the
/// reads that wait at its logs are answered: it ends only when its grains execute no call.</summary>
internal sealed partial class LogKeeper(
    IGrainFactory grains, HostedLogs hosted, IOptions<ChainLogOptions> options, TimeProvider clock, ILogger<LogKeeper> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.RunWhileActive(nameof(LogKeeper), KeepAsync);

    private async Task KeepAsync(CancellationToken stopping)
    {
        OriginatorId[] kept = [OriginatorId.GroupMessagesChain, OriginatorId.IdentityUpdatesChain];
        var logs = Array.ConvertAll(kept, contract => (Contract: contract, Log: grains.ChainLogOf(contract)));
        _ = stopping.UnsafeRegister(static state => ((LogKeeper)state!).ReleaseReaders(), this);
        using var timer = new PeriodicTimer(options.Value.FollowPeriod, clock);
        do
        {
            await Task.WhenAll(logs.Select(each => FollowAsync(each.Contract, each.Log)));
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    private void ReleaseReaders()
    {
        foreach (var log in hosted.Current) hosted.ReleaseReaders(log);
    }

    private async Task FollowAsync(OriginatorId contract, IChainLogGrain log)
    {
        try
        {
            await log.FollowAsync();
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure))
        {
            Log.Unreachable(logger, failure.GetType().Name, contract);
        }
#pragma warning disable CA1031 // The top of a loop that must not end while the silo lives: a log that nobody names follows nothing.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.CannotLive(logger, failure, contract);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.LogUnreachable, LogLevel.Debug, "The log of originator {Originator} could not be named ({Failure}); trying again")]
        public static partial void Unreachable(ILogger logger, string failure, OriginatorId originator);

        [LoggerMessage(EventIds.LogCannotLive, LogLevel.Error, "The log of originator {Originator} cannot be followed; trying again")]
        public static partial void CannotLive(ILogger logger, Exception exception, OriginatorId originator);
    }
}
