using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Core;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

/// <summary>Silos with fronts and one front alone (an Orleans client), fed by the stream provider.</summary>
internal sealed class LiveFeedCluster : IAsyncDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(3); // as in a cluster of processes

    private LiveFeedCluster(GrainCluster cluster, LogReadCounter reads) => (Grains, Reads) = (cluster, reads);

    public GrainCluster Grains { get; }

    public LogReadCounter Reads { get; }

    public IReadOnlyList<InProcessSiloHandle> Silos => Grains.Silos;

    /// <summary>The services of the front that is alone.</summary>
    public IServiceProvider Front => Grains.Cluster.Client.ServiceProvider;

    /// <summary>The services of every process.</summary>
    public IEnumerable<IServiceProvider> Processes => [Front, .. Silos.Select(silo => silo.ServiceProvider)];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<LiveFeedCluster> StartAsync(short silos = 3, Action<IServiceCollection>? services = null, Dictionary<string, string?>? settings = null)
    {
        var (storage, reads) = (new SharedGrainStorage(), new LogReadCounter());
        var cluster = await GrainCluster.StartAsync(
            silos,
            each =>
            {
                each.AddReading();
                services?.Invoke(each);
            },
            settings,
            existing: null,
            silo =>
            {
                silo.Services.AddKeyedSingleton<IGrainStorage>("PubSubStore", storage);
                silo.AddIncomingGrainCallFilter(reads);
                silo.Configure<SiloMessagingOptions>(static messaging => messaging.ResponseTimeout = messaging.SystemResponseTimeout = AnswerLimit);
                silo.AddLiveFeed();
            },
            (client, store) =>
            {
                client.Services.AddSingleton(store);
                client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = AnswerLimit);
                client.AddLiveFeed();
                client.Services.AddReading();
            });
        return new LiveFeedCluster(cluster, reads);
    }

    public static IFeed FeedOf(IServiceProvider process) => process.GetRequiredService<IFeed>();

    /// <summary>The registered subscriptions to the node's own log.</summary>
    public async Task<IReadOnlyList<StreamSubscription>> SubscriptionsAsync() =>
        [.. await Subscriptions.GetSubscriptions(LiveFeed.ProviderName, LiveFeed.StreamOf(TestPublishes.Node))];

    public Task RemoveAsync(StreamSubscription subscription) =>
        Subscriptions.RemoveSubscription(subscription.StreamProviderName, subscription.StreamId, subscription.SubscriptionId);

    /// <summary>Waits until every process is subscribed to the node's own log; exactly: and nobody else.</summary>
    public async Task SubscribedAsync(bool exactly = false)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var (subscribed, wanted) = ((await SubscriptionsAsync()).Count, Processes.Count());
            if (exactly ? subscribed == wanted : subscribed >= wanted) return;
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30)) Assert.Fail($"{subscribed} subscriptions for {wanted} processes.");
            await Task.Delay(20, Cancellation);
        }
    }

    /// <summary>Publishes a first envelope and waits until its log's queue carries the log.</summary>
    public async Task FlowingAsync()
    {
        await SubscribedAsync();
        await PublishAsync(Silos[0], "first");
        foreach (var process in Processes) await ReadAsync(process, count: 1);
        await CarriedAsync(TestPublishes.Node);
    }

    /// <summary>Waits until nobody but its queue reads a log: one long poll a second.</summary>
    public async Task CarriedAsync(OriginatorId originator)
    {
        var started = TimeProvider.System.GetTimestamp();
        for (var reads = 0; reads is < 1 or > 2;)
        {
            if (TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(30)) Assert.Fail($"The log of {originator} is read {reads} times a second.");
            var before = Reads.Of(originator.Value);
            await Task.Delay(TimeSpan.FromSeconds(1.2), Cancellation);
            reads = Reads.Of(originator.Value) - before;
        }
    }

    public async Task PublishAsync(InProcessSiloHandle front, string text)
    {
        var outcome = await Grains.Publisher(front).PublishAsync(TestPublishes.Request(text), Cancellation);
        Assert.Equal(PublishStatus.Accepted, outcome.Status);
    }

    /// <summary>Reads so many positions of the node's own log from its start, in one process.</summary>
    public static async Task<List<ulong>> ReadAsync(IServiceProvider process, int count)
    {
        await using var stream = FeedOf(process).FollowOriginators([TestPublishes.Node], Cursor.Empty);
        return await ReadAsync(stream, count);
    }

    /// <summary>The next positions of a stream.</summary>
    public static async Task<List<ulong>> ReadAsync(IFeedStream stream, int count)
    {
        using var tooLong = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        tooLong.CancelAfter(TimeSpan.FromSeconds(60));
        var positions = new List<ulong>();
        while (positions.Count < count)
        {
            var batch = await stream.ReadAsync(Timeout.InfiniteTimeSpan, tooLong.Token);
            Assert.NotEqual(FeedStreamKind.FeedLost, batch.Kind);
            positions.AddRange(batch.Entries.Select(entry => entry.Sequence.Value));
        }

        return positions;
    }

    public static IEnumerable<ulong> UpTo(int count) => Enumerable.Range(1, count).Select(number => (ulong)number);

    public ValueTask DisposeAsync() => Grains.DisposeAsync();

    private IStreamSubscriptionManager Subscriptions =>
        Silos[0].ServiceProvider.GetRequiredService<IStreamSubscriptionManagerAdmin>().GetStreamSubscriptionManager(StreamSubscriptionManagerType.ExplicitSubscribeOnly);
}
