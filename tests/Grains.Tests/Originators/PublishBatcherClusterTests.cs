using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class PublishBatcherClusterTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Publish_FromEverySilo_IsOrderedInOneLog(short silos)
    {
        await using var cluster = await GrainCluster.StartAsync(silos);

        var outcomes = await Task.WhenAll(cluster.Silos.SelectMany(silo => Enumerable.Range(0, 50).Select(number =>
            cluster.Publisher(silo).PublishAsync(TestPublishes.Request($"{silo.Name} {number}"), TestContext.Current.CancellationToken))));

        Assert.All(outcomes, outcome => Assert.Equal(PublishStatus.Accepted, outcome.Status));
        var stored = cluster.Store.Rows(TestPublishes.Node).Select(row => row.Entry).ToList();
        Assert.Equal(50 * silos, stored.Count);
        Assert.Equal(Enumerable.Range(1, 50 * silos).Select(id => (ulong)id), stored.Select(entry => entry.Sequence.Value));
        Assert.Equal(
            stored.Select(entry => Convert.ToHexString(entry.Bytes)).Order(),
            outcomes.Select(outcome => Convert.ToHexString(outcome.Envelopes.Single())).Order());
    }

    [Fact]
    public async Task Publish_SequencersSiloIsKilled_EveryAcknowledgedEnvelopeIsStoredOnce()
    {
        await using var cluster = await GrainCluster.StartAsync(3);
        var warm = await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("warm"), TestContext.Current.CancellationToken);
        var host = cluster.HostOf(cluster.Sequencer);
        var survivor = cluster.Silos.First(silo => silo != host);

        var publishes = Enumerable.Range(0, 200)
            .Select(number => cluster.Publisher(survivor).PublishAsync(TestPublishes.Request($"{number}"), TestContext.Current.CancellationToken))
            .ToList();
        await cluster.Cluster.KillSiloAsync(host, TestContext.Current.CancellationToken);
        var outcomes = await Task.WhenAll(publishes);

        Assert.True(warm.IsAccepted);
        Assert.All(outcomes, outcome => Assert.Equal(PublishStatus.Accepted, outcome.Status));
        var stored = cluster.Store.Rows(TestPublishes.Node).Select(row => Convert.ToHexString(row.Entry.Bytes)).ToList();
        Assert.Equal(201, stored.Count);
        Assert.All(outcomes, outcome => Assert.Contains(Convert.ToHexString(outcome.Envelopes.Single()), stored));
    }
}
