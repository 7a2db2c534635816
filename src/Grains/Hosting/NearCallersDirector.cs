using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Places a grain on the silo that its first call comes through, but never on a leaving one.</summary>
internal sealed class NearCallersDirector(SiloDeparture departure) : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        if (IPlacementDirector.GetPlacementHint(target.RequestContextData, silos) is { } hint) return Task.FromResult(hint);
        silos = departure.Staying(silos, context.LocalSilo);
        var canStay = context.LocalSiloStatus == SiloStatus.Active && silos.Contains(context.LocalSilo);
        return Task.FromResult(canStay ? context.LocalSilo : SpreadDirector.ByHash(target.GrainIdentity, silos));
    }
}
