using Orleans.Hosting;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>What every call to a grain passes in a cluster.</summary>
public static class GrainCallFilters
{
    /// <summary>Counts the calls to this silo's grains and their time.</summary>
    public static ISiloBuilder AddGrainCallMetrics(this ISiloBuilder silo) => silo.AddIncomingGrainCallFilter<GrainCallMetrics>();
}
