using Orleans.Runtime;
using Orleans.Runtime.Placement;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Places grains by their key, never on a leaving silo: logs one after the other, all others by a hash, where the loss of a silo moves only
/// what lived there.</summary>
internal sealed class SpreadDirector(SiloDeparture departure) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint) return Task.FromResult(hint);
        silos = departure.Staying(silos, context.LocalSilo);
        return Task.FromResult(strategy is InTurnPlacement ? InTurn(target.GrainIdentity, silos) : ByHash(target.GrainIdentity, silos));
    }

    /// <summary>The silo of a log, which is keyed by its originator's id: 0 and 1 for the chain's, 100, 200, … for those of nodes.</summary>
    public static SiloAddress InTurn(GrainId log, SiloAddress[] silos)
    {
        var originator = log.GetIntegerKey();
        var position = originator < OriginatorId.FirstNode ? originator : (originator / OriginatorId.FirstNode) + 1;
        return silos.Order().ElementAt((int)(position % silos.Length));
    }

    /// <summary>The silo that the key falls to.</summary>
    public static SiloAddress ByHash(GrainId grain, SiloAddress[] silos)
    {
        var key = grain.GetUniformHashCode();
        return silos.Length == 1 ? silos[0] : silos.MaxBy(silo => (Weight(key, (uint)silo.GetConsistentHashCode()), silo))!;
    }

    // The silo with the highest weight wins, so another silo's coming or going changes nothing between the others.
    private static uint Weight(uint key, uint silo)
    {
        var mixed = (((ulong)key << 32) | silo) * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        return (uint)(mixed >> 32);
    }
}
