using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Orleans.Runtime;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wires the grains that keep logs, and the ways to them.</summary>
public static class OriginatorServices
{
    /// <summary>Key of the <see cref="TimeProvider"/> whose timestamps go on while the machine sleeps. Default: the one without a key.</summary>
    public const string Uptime = "uptime";

    /// <summary>What a silo needs to keep logs. The host adds the ports: <see cref="IEnvelopeStore"/>, <see cref="ISigner"/>, <see cref="IRates"/>,
    /// <see cref="IAppChain"/>. The configuration may relax the rules of <see cref="Admission"/>.</summary>
    public static IServiceCollection AddOriginators(this IServiceCollection services)
    {
        services.AddNode();
        services.AddOptions<SequencerOptions>().BindConfiguration(SequencerOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SequencerOptions>, SequencerOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SequencerOptions>, SequencerOptionsRules>());
        services.TryAddSingleton<SequencerMetrics>();
        services.AddOptions<ChainLogOptions>().BindConfiguration(ChainLogOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ChainLogOptions>, ChainLogOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ChainLogOptions>, ChainLogOptionsRules>());
        services.TryAddSingleton<ChainLogMetrics>();
        services.TryAddSingleton<IInboxValidator, InboxValidator>();
        services.AddOptions<AdmissionOptions>().BindConfiguration("Admission");
        services.TryAddSingleton(static provider => new Admission(provider.GetRequiredService<IOptions<AdmissionOptions>>().Value));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, LogKeeper>());
        services.AddPlacement();
        return services;
    }

    /// <summary>What a front needs to publish. Add it after Orleans, so that it stops first: what it took is stored before the silo leaves.</summary>
    public static IServiceCollection AddPublisher(this IServiceCollection services)
    {
        services.AddNode();
        services.AddOptions<PublisherOptions>().BindConfiguration(PublisherOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PublisherOptions>, PublisherOptionsValidator>());
        services.TryAddSingleton<PublisherMetrics>();
        services.TryAddSingleton<PublishBatcher>();
        services.TryAddSingleton<IPublisher>(static provider => provider.GetRequiredService<PublishBatcher>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IHostedService, PublishBatcher>(static provider => provider.GetRequiredService<PublishBatcher>()));
        return services;
    }

    /// <summary>Has a front that is an Orleans client (<see cref="AddPublisher(IServiceCollection)"/>) send again what is in flight when it loses a silo that
    /// it was connected to.</summary>
    public static IClientBuilder AddPublisher(this IClientBuilder client) => client.AddGatewayCountChangedHandler(static services =>
    {
        var publisher = services.GetRequiredService<PublishBatcher>();
        return (_, change) =>
        {
            if (change.NumberOfConnectedGateways < change.PreviousNumberOfConnectedGateways) publisher.Resend();
        };
    });

    // Where grains live, and where logs go when their silo leaves.
    private static void AddPlacement(this IServiceCollection services)
    {
        services.TryAddSingleton<SiloDeparture>();
        services.TryAddSingleton<HostedLogs>();
        services.AddPlacementDirector<SpreadPlacement, SpreadDirector>();
        services.AddPlacementDirector<InTurnPlacement, SpreadDirector>();
        services.AddPlacementDirector<NearCallersPlacement, NearCallersDirector>();
        services.TryAddSingleton<LogHandOver>();
        services.TryAddSingleton<ILogHandOver>(static provider => provider.GetRequiredService<LogHandOver>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, LogHandOver>(static provider => provider.GetRequiredService<LogHandOver>()));
    }

    internal static void AddNode(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddOptions<NodeOptions>().BindConfiguration(NodeOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<NodeOptions>, NodeOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddKeyedSingleton(Uptime, static (provider, _) => provider.GetRequiredService<TimeProvider>());
    }
}
