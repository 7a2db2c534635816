using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class SequencerClusterTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_OfTheSequencersSilo_FailsNoPublish()
    {
        await using var cluster = await GrainCluster.StartAsync(2);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var host = cluster.HostOf(cluster.Sequencer);
        var other = cluster.Silos.First(silo => silo != host);

        var publishes = Enumerable.Range(0, 100)
            .Select(number => cluster.Publisher(other).PublishAsync(TestPublishes.Request($"{number}"), Cancellation))
            .ToList();
        await cluster.Cluster.StopSiloAsync(host, Cancellation);

        Assert.All(await Task.WhenAll(publishes), outcome => Assert.Equal(PublishStatus.Accepted, outcome.Status));
        Assert.Equal(101, cluster.Store.Rows(TestPublishes.Node).Count);
    }

    [Fact]
    public async Task Move_WhilePublishing_ContinuesTheLogElsewhere()
    {
        await using var cluster = await GrainCluster.StartAsync(2);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var host = cluster.HostOf(cluster.Sequencer);
        var other = cluster.Silos.First(silo => silo != host);

        var publishes = Enumerable.Range(0, 100)
            .Select(number => cluster.Publisher(host).PublishAsync(TestPublishes.Request($"{number}"), Cancellation))
            .ToList();
        await cluster.Cluster.MigrateAsync(cluster.Sequencer, other.SiloAddress);
        var outcomes = await Task.WhenAll(publishes);
        var last = await cluster.Publisher(host).PublishAsync(TestPublishes.Request("last"), Cancellation);

        Assert.All(outcomes, outcome => Assert.Equal(PublishStatus.Accepted, outcome.Status));
        Assert.True(last.IsAccepted);
        Assert.Equal(other, cluster.HostOf(cluster.Sequencer));
        Assert.Equal(Enumerable.Range(1, 102).Select(id => (ulong)id), cluster.Store.Rows(TestPublishes.Node).Select(row => row.Entry.Sequence.Value));
    }

    [Fact]
    public async Task Append_AnotherOwnerTookTheLog_TheActivationEndsAndTheNextTakesItBack()
    {
        await using var cluster = await GrainCluster.StartAsync(1);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        await cluster.Store.TakeLeaseAsync(TestPublishes.Node, Cancellation);

        var outcome = await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("second"), Cancellation);

        Assert.True(outcome.IsAccepted);
        Assert.Equal(new SequenceId(2), cluster.Store.Rows(TestPublishes.Node)[^1].Entry.Sequence);
    }

    [Fact]
    public async Task Append_CommitOfUnknownEnd_IsRepeatedAndStoredOnce()
    {
        await using var cluster = await GrainCluster.StartAsync(1);
        var appends = 0;
        cluster.Store.After = call => call == StoreCall.Append && ++appends == 1
            ? throw new StoreException("the answer is lost", null, isTransient: true)
            : Task.CompletedTask;

        var outcome = await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("a"), Cancellation);

        Assert.True(outcome.IsAccepted);
        Assert.Equal(cluster.Store.Rows(TestPublishes.Node).Single().Entry.Bytes, outcome.Envelopes.Single());
    }

    [Fact]
    public async Task Read_FromAnotherSilo_GetsWhatIsPublishedMeanwhile()
    {
        await using var cluster = await GrainCluster.StartAsync(2);
        var publisher = cluster.Publisher(cluster.Silos[0]);
        await publisher.PublishAsync(TestPublishes.Request("first"), Cancellation);

        var read = cluster.Sequencer.ReadAsync(new SequenceId(1), 10_000, TimeSpan.FromSeconds(2));
        var outcome = await publisher.PublishAsync(TestPublishes.Request("second"), Cancellation);

        Assert.Equal(outcome.Envelopes.Single(), (await read).Batches.Single().Entries.Single().Bytes);
    }
}
