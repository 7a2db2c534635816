using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>Puts a node's services behind the RPC front.</summary>
public static class NodeApiHosting
{
    /// <summary>Registers every method that a node serves. Needs the store, the reader, the feed and the publisher of this process.</summary>
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
        return services;
    }
}
