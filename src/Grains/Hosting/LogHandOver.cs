using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace XmtpOrleans.Grains.Hosting;

/// <inheritdoc cref="ILogHandOver"/>
internal sealed partial class LogHandOver(
    HostedLogs logs, SiloDeparture departure, IClusterMembershipService membership, ILocalSiloDetails local, TimeProvider clock, ILogger<LogHandOver> logger)
    : ILogHandOver, IHostedLifecycleService
{
    private static readonly TimeSpan MoveLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(500); // until callers elsewhere know the new places

    private readonly Lock _lock = new();
    private Task? _moving;

    public Task MoveAwayAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _moving ??= MoveAllAsync(cancellationToken);
        }
    }

    /// <summary>Moves every log that is here now to one of those silos, while this one stays; waits for each two seconds at most.</summary>
    public async Task MoveToAsync(IReadOnlyList<SiloAddress> targets, CancellationToken cancellationToken)
    {
        if (logs.Current is not { Count: > 0 } here) return;
        var started = clock.GetTimestamp();
        var moved = await MoveToAsync(here, targets, round: 0, cancellationToken);
        Log.Moved(logger, moved, (long)clock.GetElapsedTime(started).TotalMilliseconds);
    }

    // For hosts that stop without asking before.
    public Task StoppingAsync(CancellationToken cancellationToken) => MoveAwayAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task MoveAllAsync(CancellationToken cancellationToken)
    {
        departure.Begin();
        var (started, moved) = (clock.GetTimestamp(), 0);
        try
        {
            // Again until nothing is left: a log may come to life here while the first ones move.
            for (var round = 0; logs.Current is { Count: > 0 } here; round++)
            {
                if (Others() is not { Count: > 0 } others) return;
                if (clock.GetElapsedTime(started) > Limit)
                {
                    Log.Stayed(logger, here.Count);
                    return;
                }

                moved += await MoveToAsync(here, others, round, cancellationToken);
            }

            if (moved == 0) return;
            Log.Moved(logger, moved, (long)clock.GetElapsedTime(started).TotalMilliseconds);
            await Task.Delay(Linger, clock, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The host waits no longer.
        }
    }

    private async Task<int> MoveToAsync(IReadOnlyList<IGrainContext> here, IReadOnlyList<SiloAddress> targets, int round, CancellationToken cancellationToken)
    {
        var moves = here.Select((log, at) => MoveAsync(log, targets[(at + round) % targets.Count], cancellationToken));
        return (await Task.WhenAll(moves)).Count(static isMoved => isMoved);
    }

    private async Task<bool> MoveAsync(IGrainContext log, SiloAddress target, CancellationToken cancellationToken)
    {
        // Without the hint most strategies choose the silo it is on, and nothing happens.
        log.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = target }, CancellationToken.None);
        logs.ReleaseReaders(log); // it takes no call any more, but waits for those it has
        try
        {
            await log.Deactivated.WaitAsync(MoveLimit, clock, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    // The youngest first: where silos are replaced one after the other, it is the one that stays.
    private List<SiloAddress> Others() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress))
            .Select(static member => member.SiloAddress)
            .OrderByDescending(static silo => silo.Generation),
    ];

    private static partial class Log
    {
        [LoggerMessage(EventIds.LogsMoved, LogLevel.Information, "Moved {Count} logs to other silos in {Milliseconds} ms")]
        public static partial void Moved(ILogger logger, int count, long milliseconds);

        [LoggerMessage(EventIds.LogsStayed, LogLevel.Warning, "{Count} logs could not be moved in time; they end with this silo")]
        public static partial void Stayed(ILogger logger, int count);
    }
}
