using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Puts a node's services behind the RPC front.</summary>
public static class NodeApiHosting
{
    /// <summary>Registers every method that a node serves, and what looks after the store's health. Needs the store, registered before, and the reader,
    /// the feed and the publisher of this process.</summary>
    public static IServiceCollection AddNodeApi(this IServiceCollection services)
    {
        services.AddOptions<NodeApiOptions>().BindConfiguration(NodeApiOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<NodeApiOptions>, NodeApiOptionsValidator>());
        services.AddOptions<AdmissionOptions>().BindConfiguration("Admission");
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<NodeApiOptions>>().Value);
        services.TryAddSingleton(provider => new Admission(provider.GetRequiredService<IOptions<AdmissionOptions>>().Value));
        services.TryAddSingleton(provider => new PublishChecks(
            provider.GetRequiredService<IOptions<NodeOptions>>().Value.Originator,
            provider.GetRequiredService<Admission>(),
            provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton<PublishApi>();
        services.TryAddSingleton<QueryApi>();
        services.TryAddSingleton<SubscribeApi>();
        services.TryAddSingleton<MetadataApi>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcService, NodeServices>());
        services.WatchStore();
        services.AddHostedService<StoreProbe>();
        return services;
    }

    // Everybody in this process uses the store through the one that is watched.
    private static void WatchStore(this IServiceCollection services)
    {
        var store = services.Last(static service => service.ServiceType == typeof(IEnvelopeStore));
        services.Remove(store);
        services.AddSingleton(provider => new WatchedStore(
            store.ImplementationInstance as IEnvelopeStore
                ?? store.ImplementationFactory?.Invoke(provider) as IEnvelopeStore
                ?? (IEnvelopeStore)ActivatorUtilities.CreateInstance(provider, store.ImplementationType!),
            provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<IEnvelopeStore>(static provider => provider.GetRequiredService<WatchedStore>());
    }
}
