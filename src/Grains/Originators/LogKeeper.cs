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
    private Func<Task> _stopAsync = static () => Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(LogKeeper), ServiceLifecycleStage.Active, StartAsync, _ => _stopAsync());

    private Task StartAsync(CancellationToken cancellationToken)
    {
        var stopping = new CancellationTokenSource();
        var loop = KeepAsync(stopping.Token);
        _stopAsync = async () =>
        {
            foreach (var log in hosted.Current) hosted.ReleaseReaders(log);
            await stopping.CancelAsync();
            await loop;
            stopping.Dispose();
        };
        return Task.CompletedTask;
    }

    private async Task KeepAsync(CancellationToken stopping)
    {
        OriginatorId[] kept = [OriginatorId.GroupMessagesChain, OriginatorId.IdentityUpdatesChain];
        var logs = Array.ConvertAll(kept, contract => (Contract: contract, Log: grains.ChainLogOf(contract)));
        using var timer = new PeriodicTimer(options.Value.FollowPeriod, clock);
        try
        {
            do
            {
                await Task.WhenAll(logs.Select(each => FollowAsync(each.Contract, each.Log)));
            }
            while (await timer.WaitForNextTickAsync(stopping));
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
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
