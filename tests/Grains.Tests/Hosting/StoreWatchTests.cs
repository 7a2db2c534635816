using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Runtime;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>Silos that the store does not answer.</summary>
public sealed class StoreWatchTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cut_SequencersSilo_ItsLogsLiveElsewhereAndNoPublishFailsOrIsStoredTwice()
    {
        await using var cluster = await StartAsync(silos: 3);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        var lost = cluster.HostOf(cluster.Sequencer);
        await using var load = new PublishStream(cluster, cluster.Silos); // of its own front, too
        await load.AcceptedAsync(20);

        CutStore.Cut(StoreOf(lost), isCut: true);
        await Eventually.TrueAsync(() => IsElsewhere(cluster, lost), "the log lives elsewhere");
        await load.AcceptedAsync(20);
        Assert.Empty(lost.ServiceProvider.GetRequiredService<HostedLogs>().Current);

        CutStore.Cut(StoreOf(lost), isCut: false);
        await Eventually.TrueAsync(() => !lost.ServiceProvider.GetRequiredService<SiloDeparture>().IsCutOff, "the silo may keep logs again");
        await load.StopAsync();
        Assert.Equal(load.Accepted + 1, cluster.Store.Rows(TestPublishes.Node).Count);
        Assert.Empty(Fatal(lost).Errors);
    }

    [Fact]
    public async Task Cut_AllSilos_MovesNothing()
    {
        await using var cluster = await StartAsync(silos: 2);
        await cluster.Publisher(cluster.Silos[0]).PublishAsync(TestPublishes.Request("first"), Cancellation);
        foreach (var silo in cluster.Silos) CutStore.Cut(StoreOf(silo), isCut: true);

        var outcomes = await Task.WhenAll(cluster.Silos.Select(silo =>
            silo.ServiceProvider.GetRequiredService<StoreWitnesses>().SeeingAsync()));

        Assert.All(outcomes, Assert.Empty);
        Assert.All(cluster.Silos, static silo => Assert.False(silo.ServiceProvider.GetRequiredService<SiloDeparture>().IsCutOff));
    }

    [Fact]
    public async Task Cut_ForLongerThanTheLimit_EndsTheSilo()
    {
        await using var cluster = await StartAsync(silos: 2);
        var lost = cluster.Silos[0];
        CutStore.Cut(StoreOf(lost), isCut: true);

        await Fatal(lost).First.WaitAsync(TimeSpan.FromMinutes(1), Cancellation);

        Assert.Empty(Fatal(cluster.Silos[1]).Errors);
    }

    private static Task<GrainCluster> StartAsync(short silos) => GrainCluster.StartAsync(
        silos,
        static services =>
        {
            var store = (IEnvelopeStore)services.Last(static service => service.ServiceType == typeof(IEnvelopeStore)).ImplementationInstance!;
            services.Replace(ServiceDescriptor.Singleton(CutStore.Over(store)));
            services.AddSingleton<RecordedErrors>();
            services.AddSingleton(static provider => ActivatorUtilities.CreateInstance<StoreWatch>(provider, provider.GetRequiredService<RecordedErrors>()));
        },
        silo: static silo => silo.AddStoreWatch());

    private static bool IsElsewhere(GrainCluster cluster, InProcessSiloHandle lost) =>
        cluster.Cluster.TryGetGrainContext(cluster.Sequencer.GetGrainId(), out var context) && !context.Address.SiloAddress!.Equals(lost.SiloAddress);

    private static IEnvelopeStore StoreOf(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IEnvelopeStore>();

    private static RecordedErrors Fatal(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<RecordedErrors>();

    /// <summary>Keeps what would end a process.</summary>
    private sealed class RecordedErrors : IFatalErrorHandler
    {
        private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private volatile IReadOnlyList<string> _errors = [];

        public IReadOnlyList<string> Errors => _errors;

        public Task First => _first.Task;

        public bool IsUnexpected(Exception exception) => false;

        public void OnFatalException(object? sender = null, string? context = null, Exception? exception = null)
        {
            _errors = [.. _errors, $"{context}"];
            _first.TrySetResult();
        }
    }
}
