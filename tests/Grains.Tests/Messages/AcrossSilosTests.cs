using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using Orleans.Streams;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Feeds.Cluster;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Messages;

/// <summary>Every call between grains works between silos, where messages are really written and read.</summary>
public sealed class AcrossSilosTests
{
    private static readonly Cursor Marks = Cursor.Of(TestPublishes.Node, new SequenceId(1));

    // Each call with something in it, and what must come back.
    private static readonly Dictionary<string, Func<IGrainFactory, Task>> Calls = new()
    {
        ["ISequencerGrain.AppendAsync"] = static async grains =>
        {
            var reply = await grains.GetGrain<ISequencerGrain>(TestPublishes.Node.Value).AppendAsync(TestPublishes.Batch(TestPublishes.Request("across")));
            Assert.True(reply.Outcomes.Single().IsAccepted);
            Assert.NotEmpty(reply.Outcomes.Single().Envelopes.Single());
        },
        ["IOriginatorLog.ReadAsync"] = static async grains =>
        {
            var reply = await grains.GetGrain<ISequencerGrain>(TestPublishes.Node.Value).ReadAsync(default, 1_000, TimeSpan.FromSeconds(1));
            Assert.Equal(FeedStatus.Current, reply.Status);
            Assert.NotEmpty(reply.Batches.Single().Entries.Single().Bytes);
        },
        ["IOriginatorLog.HeadAsync"] = static async grains =>
            Assert.Equal(new SequenceId(1), await grains.GetGrain<ISequencerGrain>(TestPublishes.Node.Value).HeadAsync()),
        ["IChainLogGrain.FollowAsync"] = static grains => grains.GetGrain<IChainLogGrain>(0).FollowAsync(),
        ["IInboxGrain.ValidateAsync"] = static async grains =>
        {
            var update = new InboxUpdate { Sequence = new SequenceId(1), ClientEnvelope = TestBroadcasts.IdentityUpdate(1) };
            var verdicts = await grains.GetGrain<IInboxGrain>(TestBroadcasts.Inbox().ToString()).ValidateAsync(new InboxUpdates { After = default, Updates = [update] }, CancellationToken.None);
            Assert.NotNull(verdicts.Verdicts.Single());
        },
        ["ITopicGrain.QueryAsync"] = static async grains => Assert.NotNull(await TopicOf(grains).QueryAsync(Query(), CancellationToken.None)),
        ["ITopicGrain.NewestAsync"] = static async grains => Assert.NotNull(await TopicOf(grains).NewestAsync(Query(), CancellationToken.None)),
    };

    // The same for what each silo asks of the others.
    private static readonly Dictionary<string, Func<IServiceProvider, Task>> SiloCalls = new()
    {
        ["IStoreWitness.SeesStoreAsync"] = static async silo => Assert.Single(await silo.GetRequiredService<StoreWitnesses>().SeeingAsync()),
    };

    [Fact]
    public async Task Call_EveryMethodOfEveryGrain_WorksFromAnotherSilo()
    {
        var methods = typeof(ISequencerGrain).Assembly.GetTypes()
            .Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))
            .SelectMany(type => type.GetMethods(), (type, method) => $"{type.Name}.{method.Name}")
            .Order();
        Assert.Equal(methods, Calls.Keys.Concat(SiloCalls.Keys).Order());

        await using var cluster = await GrainCluster.StartAsync(2, services => services.AddInboxes().AddReading().AddSingleton<IWalletVerifier, NoWallets>(),
            silo: static silo => silo.AddStoreWatch());
        foreach (var call in Calls.Values)
        {
            // From both: at least one of them is not where the grain lives.
            foreach (var silo in cluster.Silos) await call(silo.ServiceProvider.GetRequiredService<IGrainFactory>());
        }

        foreach (var call in SiloCalls.Values)
        {
            foreach (var silo in cluster.Silos) await call(silo.ServiceProvider);
        }
    }

    [Fact]
    public async Task Stream_EveryContainer_ReachesAnotherSilo()
    {
        Assert.Equal([typeof(FeedContainer)], typeof(ISequencerGrain).Assembly.GetTypes().Where(type => type.IsAssignableTo(typeof(IBatchContainer))));

        await using var cluster = await LiveFeedCluster.StartAsync(2);
        // One of them is not where the queue is served.
        await using var first = await StuckSubscriber.SubscribeAsync(cluster.Silos[0].ServiceProvider);
        await using var second = await StuckSubscriber.SubscribeAsync(cluster.Silos[1].ServiceProvider);
        await cluster.PublishAsync(cluster.Silos[0], "across");

        foreach (var subscriber in new[] { first, second })
        {
            var batch = await subscriber.Reached.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
            Assert.Equal((default(SequenceId), new SequenceId(1)), (batch.Previous, batch.Last));
            Assert.Equal(cluster.Grains.Store.Rows(TestPublishes.Node).Single().Entry.Bytes, batch.Entries.Single().Bytes);
        }
    }

    private static ITopicGrain TopicOf(IGrainFactory grains) => grains.GetGrain<ITopicGrain>(TopicKey.Of(TestPublishes.Group()));

    private static TopicQuery Query() => new() { Marks = Marks, NowSeconds = 0, Count = 10, Bytes = 10_000 };
}
