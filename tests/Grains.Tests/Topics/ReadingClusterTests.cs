using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Topics;

public sealed class ReadingClusterTests
{
    private static readonly PageLimit Limit = new(1_000, 1 << 20);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Query_AfterAPublish_EverySiloShowsIt(short silos)
    {
        await using var cluster = await StartAsync(silos);
        Topic[] topics = [TestPublishes.Group(1), TestPublishes.Group(2), TestPublishes.Group(3)];
        for (var round = 0; round < 20; round++)
        {
            var topic = topics[round % topics.Length];
            var front = cluster.Silos[round % silos];
            var outcome = await cluster.Publisher(front).PublishAsync(
                TestPublishes.Request(1, TestPublishes.Entry($"{round}", topic)), Cancellation);
            Assert.Equal(PublishStatus.Accepted, outcome.Status);
            foreach (var silo in cluster.Silos)
            {
                var page = await Reader(silo).QueryTopicsAsync([topic], Cursor.Empty, Limit, Cancellation);
                Assert.Equal(outcome.Envelopes[0], page.Entries[^1].Bytes);
                Assert.Equal((round / topics.Length) + 1, page.Entries.Count);
                var both = await Reader(silo).QueryTopicsAsync(topics, Cursor.Empty, Limit, Cancellation);
                Assert.Equal(round + 1, both.Entries.Count);
                Assert.Equal(Enumerable.Range(1, round + 1), both.Entries.Select(entry => (int)entry.Sequence.Value));
                var newest = await Reader(silo).NewestAsync([topic], Cancellation);
                Assert.Equal(outcome.Envelopes[0], newest[0]!.Bytes);
            }
        }

        // Every silo asked the same three grains, wherever they live.
        Assert.Equal(topics.Length, cluster.Silos.Sum(silo => silo.ServiceProvider.GetRequiredService<TopicTails>().Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Query_StartedOnStoredData_SecondReadIsAnsweredFromMemory(short silos)
    {
        var store = new FakeEnvelopeStore();
        var topic = TestPublishes.Group();
        await using (var before = await GrainCluster.StartAsync(1, existing: store))
        {
            for (var number = 0; number < 3; number++) await PublishAsync(before, before.Silos[0], $"{number}");
        }

        await using var cluster = await GrainCluster.StartAsync(silos, services => services.AddReading(), existing: store);
        foreach (var silo in cluster.Silos) await silo.ServiceProvider.GetRequiredService<FeedHub>().Started.WaitAsync(Cancellation);
        foreach (var silo in cluster.Silos)
        {
            Assert.Equal(3, (await Reader(silo).QueryTopicsAsync([topic], Cursor.Empty, Limit, Cancellation)).Entries.Count);
        }

        store.Before = static call => call == StoreCall.ReadTopics ? throw new StoreException("not to be asked") : Task.CompletedTask;
        foreach (var silo in cluster.Silos)
        {
            Assert.Equal(3, (await Reader(silo).QueryTopicsAsync([topic], Cursor.Empty, Limit, Cancellation)).Entries.Count);
        }

        Assert.Equal(1, cluster.Silos.Sum(silo => silo.ServiceProvider.GetRequiredService<TopicTails>().Count));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Streams_OnEverySilo_GetEveryEnvelopeOnceInOrder(short silos)
    {
        await using var cluster = await StartAsync(silos);
        Topic[] topics = [TestPublishes.Group(1), TestPublishes.Group(2)];
        var readings = cluster.Silos.Select(silo => ReadAsync(
            Feed(silo).FollowTopics([.. topics.Select(topic => new TopicPosition(topic, Cursor.Empty))]), count: 60)).ToList();
        readings.AddRange(cluster.Silos.Select(silo => ReadAsync(Feed(silo).FollowOriginators([TestPublishes.Node], Cursor.Empty), count: 60)));

        await Task.WhenAll(Enumerable.Range(0, 60).Select(number => cluster.Publisher(cluster.Silos[number % silos]).PublishAsync(
            TestPublishes.Request(1, TestPublishes.Entry($"{number}", topics[number % 2])), Cancellation)));

        foreach (var reading in readings)
        {
            Assert.Equal(Enumerable.Range(1, 60).Select(number => (ulong)number), (await reading).Select(entry => entry.Sequence.Value));
        }
    }

    [Fact]
    public async Task Streams_TheLogsSiloIsKilled_GoOnWithoutAGap()
    {
        await using var cluster = await StartAsync(3);
        await PublishAsync(cluster, cluster.Silos[0], "first");
        var host = cluster.HostOf(cluster.Sequencer);
        var survivors = cluster.Silos.Where(silo => silo != host).ToList();
        var readings = survivors.Select(silo => ReadAsync(
            Feed(silo).FollowTopics([new TopicPosition(TestPublishes.Group(), Cursor.Empty)]), count: 21)).ToList();
        for (var number = 0; number < 10; number++) await PublishAsync(cluster, survivors[0], $"before {number}");

        await cluster.Cluster.KillSiloAsync(host, Cancellation);
        for (var number = 0; number < 10; number++) await PublishAsync(cluster, survivors[1], $"after {number}");

        foreach (var reading in readings)
        {
            Assert.Equal(Enumerable.Range(1, 21).Select(number => (ulong)number), (await reading).Select(entry => entry.Sequence.Value));
        }
    }

    [Fact]
    public async Task Query_TheTopicsSiloIsKilled_IsAnsweredAllTheSame()
    {
        await using var cluster = await StartAsync(3);
        var topic = TestPublishes.Group();
        await PublishAsync(cluster, cluster.Silos[0], "first");
        var grain = cluster.Cluster.Client.GetGrain<ITopicGrain>(TopicKey.Of(topic));
        foreach (var silo in cluster.Silos)
        {
            for (var read = 0; read < 2; read++) Assert.Single((await Reader(silo).QueryTopicsAsync([topic], Cursor.Empty, Limit, Cancellation)).Entries);
        }

        var host = cluster.HostOf(grain);
        await cluster.Cluster.KillSiloAsync(host, Cancellation);
        foreach (var silo in cluster.Silos.Where(silo => silo != host))
        {
            for (var read = 0; read < 3; read++) Assert.Single((await Reader(silo).QueryTopicsAsync([topic], Cursor.Empty, Limit, Cancellation)).Entries);
        }
    }

    private static Task<GrainCluster> StartAsync(short silos) => GrainCluster.StartAsync(silos, services => services.AddReading());

    private static INodeReader Reader(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<INodeReader>();

    private static IFeed Feed(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IFeed>();

    private static async Task PublishAsync(GrainCluster cluster, InProcessSiloHandle front, string text)
    {
        var outcome = await cluster.Publisher(front).PublishAsync(TestPublishes.Request(text), Cancellation);
        Assert.Equal(PublishStatus.Accepted, outcome.Status);
    }

    private static async Task<List<LogEntry>> ReadAsync(IFeedStream stream, int count)
    {
        await using var reading = stream;
        using var tooLong = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        tooLong.CancelAfter(TimeSpan.FromSeconds(30));
        var entries = new List<LogEntry>();
        while (entries.Count < count)
        {
            var batch = await stream.ReadAsync(Timeout.InfiniteTimeSpan, tooLong.Token);
            Assert.NotEqual(FeedStreamKind.FeedLost, batch.Kind);
            entries.AddRange(batch.Entries);
        }

        return entries;
    }
}
