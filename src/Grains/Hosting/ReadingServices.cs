using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Topics;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wiring of a process's reads: feed, queries, lookups.</summary>
public static class ReadingServices
{
    /// <summary>Adds <see cref="IFeed"/> and <see cref="INodeReader"/> with everything behind them but the store, the clock, <see cref="NodeOptions"/>
    /// and Orleans.</summary>
    public static IServiceCollection AddReading(this IServiceCollection services)
    {
        services.AddMetrics();
        services.AddOptions<FeedOptions>().BindConfiguration(FeedOptions.SectionName).ValidateOnStart();
        services.AddOptions<ReadingOptions>().BindConfiguration(ReadingOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FeedOptions>, FeedOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ReadingOptions>, ReadingOptionsValidator>());
        services.TryAddSingleton<FeedMetrics>();
        services.TryAddSingleton<IFeedSource, LogFeedSource>();
        services.TryAddSingleton<AddressCache>();
        services.AddSingleton<IFeedTap>(provider => provider.GetRequiredService<AddressCache>());
        services.TryAddSingleton<FeedHub>();
        services.TryAddSingleton<IFeed>(provider => provider.GetRequiredService<FeedHub>());
        services.TryAddSingleton<INodeReader, NodeReader>();
        services.AddHostedService<FeedWorker>();
        return services;
    }
}
