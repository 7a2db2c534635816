using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>Declares dead, before this silo joins, whoever is still listed under its name: it was killed and came back at another address.
/// Without that, everybody waits until the old entry is stale.</summary>
internal sealed partial class Predecessors(
    IClusterMembershipService membership, ILocalSiloDetails local, IOptions<SiloOptions> silo, TimeProvider clock, ILogger<Predecessors> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private const int AfterTheTableIsRead = ServiceLifecycleStage.RuntimeGrainServices + 1;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(Predecessors), AfterTheTableIsRead, DeclareDeadAsync);

    private async Task DeclareDeadAsync(CancellationToken cancellationToken)
    {
        foreach (var predecessor in Listed())
        {
            Log.DeclaredDead(logger, silo.Value.SiloName, predecessor);
            await membership.TryKill(predecessor);
        }

        // It is written behind the call. When that takes too long, the entry gets stale by itself.
        for (var started = clock.GetTimestamp(); Listed().Count > 0 && clock.GetElapsedTime(started) < Limit;)
        {
            await Task.Delay(Pause, clock, cancellationToken);
        }
    }

    private List<SiloAddress> Listed() =>
    [
        .. membership.CurrentSnapshot.Members.Values
            .Where(member => member.Status != SiloStatus.Dead && member.Name == silo.Value.SiloName && !member.SiloAddress.Equals(local.SiloAddress))
            .Select(static member => member.SiloAddress),
    ];

    private static partial class Log
    {
        [LoggerMessage(EventIds.PredecessorDeclaredDead, LogLevel.Information, "Silo {Name} starts and declares its predecessor {Silo} dead")]
        public static partial void DeclaredDead(ILogger logger, string name, SiloAddress silo);
    }
}
