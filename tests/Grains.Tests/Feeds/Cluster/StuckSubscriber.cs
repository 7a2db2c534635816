using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Streams;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

/// <summary>A subscriber of the node's log, in place of its process's own feed, that never finishes its first delivery.</summary>
internal sealed class StuckSubscriber : IAsyncObserver<FeedBatch>, IAsyncDisposable
{
    private readonly TaskCompletionSource<FeedBatch> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _deliveries;
    private StreamSubscriptionHandle<FeedBatch>? _handle;

    /// <summary>The first delivery.</summary>
    public Task<FeedBatch> Reached => _reached.Task;

    public int Deliveries => Volatile.Read(ref _deliveries);

    public static async Task<StuckSubscriber> SubscribeAsync(IServiceProvider process)
    {
        // The feed would stand still, too, as a process takes its deliveries one after the other, and would remove a subscription that is not its own.
        await process.GetServices<IHostedService>().OfType<FeedWorker>().Single().StopAsync(TestContext.Current.CancellationToken);
        var subscriber = new StuckSubscriber();
        subscriber._handle = await process.GetRequiredKeyedService<IStreamProvider>(LiveFeed.ProviderName)
            .GetStream<FeedBatch>(LiveFeed.StreamOf(TestPublishes.Node)).SubscribeAsync(subscriber, LiveFeed.TokenOf(default));
        return subscriber;
    }

    public Task OnNextAsync(FeedBatch item, StreamSequenceToken? token = null)
    {
        Interlocked.Increment(ref _deliveries);
        _reached.TrySetResult(item);
        return _released.Task;
    }

    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _handle!.UnsubscribeAsync();
        _released.TrySetResult();
    }
}
