using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>A sequencer that stands still while its silo is declared dead, and goes on after another one took over.</summary>
public sealed class FencingTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(0, 30).Select(static number => $"{number}")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_PausedBeforeTheStore_FailsWhenItWakesUpAndEnds()
    {
        await using var cluster = await StartAsync();
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var (paused, others) = Split(cluster);
        var store = StoreOf(paused);
        store.PauseBefore();

        var publishes = PublishAll(cluster, others);
        await store.Reached.WaitAsync(Cancellation);
        await cluster.Cluster.KillSiloAsync(paused, Cancellation);
        var outcomes = await Task.WhenAll(publishes);
        store.Resume();
        var woken = await store.PausedAppend.WaitAsync(Cancellation);

        Assert.Equal(AppendOutcome.Fenced, woken);
        AssertStoredOnce(cluster, outcomes, before: 1);
        Assert.Equal(0, store.AppendsAfterResume);
    }

    [Fact]
    public async Task Append_PausedBeforeItsAnswer_IsAnsweredAgainAndNotStoredTwice()
    {
        await using var cluster = await StartAsync();
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var (paused, others) = Split(cluster);
        var store = StoreOf(paused);
        store.PauseAfter();

        var publishes = PublishAll(cluster, others);
        await store.Reached.WaitAsync(Cancellation);
        await cluster.Cluster.KillSiloAsync(paused, Cancellation);
        var outcomes = await Task.WhenAll(publishes);
        store.Resume();

        Assert.Equal(AppendOutcome.Committed, await store.PausedAppend.WaitAsync(Cancellation));
        AssertStoredOnce(cluster, outcomes, before: 1);
    }

    [Fact]
    public async Task Append_AfterATakeOver_ContinuesFromTheStore()
    {
        await using var cluster = await StartAsync();
        for (var round = 1; round <= 3; round++)
        {
            var outcome = await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request($"{round}"), Cancellation);
            Assert.True(outcome.IsAccepted);
            if (round < 3) await cluster.Cluster.KillSiloAsync(cluster.HostOf(cluster.Sequencer), Cancellation);
        }

        Assert.Equal([1UL, 2UL, 3UL], Rows(cluster).Select(static row => row.Entry.Sequence.Value));
        Assert.True(Rows(cluster).Zip(Rows(cluster).Skip(1)).All(static pair => pair.First.Entry.OriginatorNs < pair.Second.Entry.OriginatorNs));
    }

    private static Task<GrainCluster> StartAsync() => GrainCluster.StartAsync(3, static services =>
    {
        var store = (IEnvelopeStore)services.Last(static service => service.ServiceType == typeof(IEnvelopeStore)).ImplementationInstance!;
        services.Replace(ServiceDescriptor.Singleton<IEnvelopeStore>(new PausingStore(store)));
    });

    private static (InProcessSiloHandle Sequencer, InProcessSiloHandle[] Others) Split(GrainCluster cluster)
    {
        var host = cluster.HostOf(cluster.Sequencer);
        return (host, [.. cluster.Silos.Where(silo => silo != host)]);
    }

    private static Task<PublishOutcome>[] PublishAll(GrainCluster cluster, InProcessSiloHandle[] fronts) =>
        [.. Texts.Select((text, at) => cluster.Publisher(fronts[at % fronts.Length]).PublishAsync(TestPublishes.Request(text), Cancellation))];

    private static void AssertStoredOnce(GrainCluster cluster, PublishOutcome[] outcomes, int before)
    {
        Assert.All(outcomes, static outcome => Assert.Equal(PublishStatus.Accepted, outcome.Status));
        var rows = Rows(cluster);
        Assert.Equal(Enumerable.Range(1, Texts.Length + before).Select(static position => (ulong)position), rows.Select(static row => row.Entry.Sequence.Value));
        Assert.Equal(
            rows.Skip(before).Select(static row => Convert.ToHexString(row.Entry.Bytes)).Order(),
            outcomes.Select(static outcome => Convert.ToHexString(outcome.Envelopes.Single())).Order());
    }

    private static IReadOnlyList<LogRow> Rows(GrainCluster cluster) => cluster.Store.Rows(TestPublishes.Node);

    private static PausingStore StoreOf(InProcessSiloHandle silo) => (PausingStore)silo.ServiceProvider.GetRequiredService<IEnvelopeStore>();
}
