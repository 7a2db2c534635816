using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Topics;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wiring of a process's reads: feed, queries, lookups.</summary>
public static class ReadingServices
{
    /// <summary>Adds <see cref="IFeed"/> and <see cref="INodeReader"/> with everything behind them; the host adds the store
    /// and Orleans.</summary>
    public static IServiceCollection AddReading(this IServiceCollection services)
    {
        services.AddNode();
        services.AddMetrics();
        services.AddOptions<FeedOptions>().BindConfiguration(FeedOptions.SectionName).ValidateOnStart();
        services.AddOptions<TopicOptions>().BindConfiguration(TopicOptions.SectionName).ValidateOnStart();
        services.AddOptions<ReadingOptions>().BindConfiguration(ReadingOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FeedOptions>, FeedOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReadingOptions>, ReadingOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TopicOptions>, TopicOptionsValidator>());
        services.AddOptions<GrainCollectionOptions>().Configure<IOptions<TopicOptions>>(static (collection, topics) =>
        {
            collection.ClassSpecificCollectionAge[typeof(TopicGrain).FullName!] = topics.Value.IdleAfter;
            collection.EnableActivationSheddingOnMemoryPressure = true;
        });
        services.TryAddSingleton<FeedMetrics>();
        services.TryAddSingleton<TopicMetrics>();
        services.TryAddSingleton<LogFeedSource>();
        services.TryAddSingleton<IFeedSource>(static provider => provider.GetRequiredService<LogFeedSource>()); // see LiveFeedHosting
        services.TryAddSingleton<AddressCache>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFeedTap, AddressCache>(static provider => provider.GetRequiredService<AddressCache>()));
        services.TryAddSingleton<TopicTails>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IFeedTap, TopicTails>(static provider => provider.GetRequiredService<TopicTails>()));
        services.TryAddSingleton<TopicReader>();
        services.TryAddSingleton(static provider =>
        {
            var grains = provider.GetRequiredService<IGrainFactory>();
            return new TopicRoutes(
                topic => grains.GetGrain<ITopicGrain>(TopicKey.Of(topic)),
                provider.GetRequiredService<FeedHub>(),
                provider.GetRequiredService<TopicTails>(),
                provider.GetRequiredService<IOptions<TopicOptions>>());
        });
        services.TryAddSingleton<FeedHub>();
        services.TryAddSingleton<IFeed>(provider => provider.GetRequiredService<FeedHub>());
        services.TryAddSingleton<INodeReader, NodeReader>();
        services.AddHostedService<FeedWorker>();
        return services;
    }
}
