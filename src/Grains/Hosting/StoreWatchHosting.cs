using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wiring of what a silo does when it alone cannot reach the store.</summary>
public static class StoreWatchHosting
{
    /// <summary>Has the silo give its logs away while the store answers others and not it, and end when that lasts for a quarter of a minute. Every silo of
    /// the cluster needs it; the host adds the logs (<see cref="OriginatorServices.AddOriginators"/>).</summary>
    public static ISiloBuilder AddStoreWatch(this ISiloBuilder silo)
    {
        silo.Services.TryAddSingleton<StoreContact>();
        silo.Services.TryAddSingleton<StoreWitnesses>();
        silo.Services.TryAddSingleton<StoreWatch>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<StoreWatch>());
        return silo.AddGrainService<StoreWitness>();
    }
}
