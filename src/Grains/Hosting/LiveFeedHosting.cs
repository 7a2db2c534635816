using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Streams;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Feeds.Cluster;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wiring of the live feed between the processes of a node. A process that is alone needs none of it: its feed reads the logs directly.</summary>
public static class LiveFeedHosting
{
    /// <summary>Adds to a silo the stream provider that carries logs, and has the silo's own feed (<see cref="ReadingServices.AddReading"/>, if it
    /// serves) read from it. The host adds the store and the grain storage <c>PubSubStore</c>, where subscriptions are kept.</summary>
    public static ISiloBuilder AddLiveFeed(this ISiloBuilder builder)
    {
        builder.AddPersistentStreams(LiveFeed.ProviderName, static (services, _) => new FeedQueues(services), static streams =>
        {
            streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly);
            streams.ConfigurePullingAgent(static agent => agent.Configure(static options =>
            {
                options.BatchContainerBatchSize = 1; // the cache puts together what goes together
                options.GetQueueMsgsTimerPeriod = TimeSpan.FromMilliseconds(10); // a read of a queue ends only when there is something
                options.MaxEventDeliveryTime = TimeSpan.FromSeconds(5); // as long may a dead consumer hold up a queue that moved
            }));
        });
        builder.Services.TryAddSingleton<QueueSlotDirectory>();
        builder.Services.AddSource();
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(
            static provider => provider.GetRequiredService<StreamFeedSource>());
        return builder;
    }

    /// <summary>Has the feed of a front that is an Orleans client (<see cref="ReadingServices.AddReading"/>) read what the silos' stream provider
    /// carries. It subscribes again by itself when the silo goes away that it was connected to.</summary>
    public static IClientBuilder AddLiveFeed(this IClientBuilder builder)
    {
        builder.AddPersistentStreams(
            LiveFeed.ProviderName,
            static (services, _) => new FeedQueues(services),
            static streams => streams.ConfigureStreamPubSub(StreamPubSubType.ExplicitGrainBasedOnly));
        builder.AddGatewayCountChangedHandler(static services => (_, _) => services.GetRequiredService<StreamFeedSource>().CheckSubscriptions());
        builder.AddClusterConnectionLostHandler(static services => (_, _) => services.GetRequiredService<StreamFeedSource>().CheckSubscriptions());
        builder.Services.AddSource();
        builder.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(
            static provider => provider.GetRequiredService<StreamFeedSource>());
        return builder;
    }

    private static void AddSource(this IServiceCollection services)
    {
        services.AddNode();
        services.AddOptions<FeedOptions>().BindConfiguration(FeedOptions.SectionName).ValidateOnStart();
        services.TryAddSingleton<FeedMetrics>();
        services.TryAddSingleton<LogFeedSource>();
        services.TryAddSingleton<StreamFeedSource>();
        services.Replace(ServiceDescriptor.Singleton<IFeedSource>(static provider => provider.GetRequiredService<StreamFeedSource>()));
    }
}
