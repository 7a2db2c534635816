using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>Reads what the stream provider brings into this process: each log once, however many streams the process serves.</summary>
internal sealed partial class StreamFeedSource(
    IServiceProvider services, LogFeedSource logs, FeedMetrics metrics, TimeProvider clock, ILogger<StreamFeedSource> logger)
    : IFeedSource, ILifecycleParticipant<ISiloLifecycle>, ILifecycleParticipant<IClusterClientLifecycle>, IDisposable
{
    private const long InboxBytes = 16 << 20;
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<OriginatorId, LogSubscription> _subscriptions = new();
    private readonly CancellationTokenSource _stopping = new();
    private bool _isDisposed;

    /// <inheritdoc/>
    public IReadOnlyList<OriginatorId> Followed => logs.Followed;

    /// <inheritdoc/>
    public async Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait)
    {
        if (!_subscriptions.TryGetValue(originator, out var subscription)) subscription = Add(originator, after);
        return await subscription.ReadAsync(after, maxBytes, wait);
    }

    /// <inheritdoc/>
    public void Missed(OriginatorId originator)
    {
        services.GetService<QueueSlotDirectory>()?.LookNow(); // silos have one
        if (_subscriptions.TryGetValue(originator, out var subscription)) subscription.Miss();
    }

    /// <summary>The way to the cluster changed: subscriptions may have gone with it.</summary>
    public void CheckSubscriptions()
    {
        foreach (var subscription in _subscriptions.Values) subscription.Check();
    }

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => EndWith(observer);

    /// <inheritdoc/>
    public void Participate(IClusterClientLifecycle observer) => EndWith(observer);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return; // it is registered under several names
        _isDisposed = true;
        _stopping.Cancel();
        _stopping.Dispose();
    }

    private LogSubscription Add(OriginatorId originator, SequenceId after)
    {
        var stream = services.GetRequiredKeyedService<IStreamProvider>(LiveFeed.ProviderName).GetStream<FeedBatch>(LiveFeed.StreamOf(originator));
        var added = new LogSubscription(originator, stream, logs, InboxBytes, metrics, clock, logger, _stopping.Token);
        _subscriptions[originator] = added; // one reader a log, so nobody else adds it
        added.Start(after);
        return added;
    }

    // Before the process leaves: a subscription that stays behind is tried once more by whoever serves its queue.
    private void EndWith(ILifecycleObservable lifecycle) => lifecycle.Subscribe(
        nameof(StreamFeedSource), ServiceLifecycleStage.Active, static _ => Task.CompletedTask, EndAsync);

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        try
        {
            await Task.WhenAll(_subscriptions.Values.Select(subscription => subscription.EndAsync())).WaitAsync(EndLimit, clock, cancellationToken);
        }
#pragma warning disable CA1031 // The process leaves either way.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Log.NotUnsubscribed(logger, failure.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedNotUnsubscribed, LogLevel.Debug, "The feed's subscriptions were left behind: {Reason}")]
        public static partial void NotUnsubscribed(ILogger logger, string reason);
    }
}
