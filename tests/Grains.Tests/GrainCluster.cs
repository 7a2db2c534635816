using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.TestingHost;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests;

/// <summary>Silos in this process over one store in memory, as the processes of a node share their database.</summary>
internal sealed class GrainCluster : IAsyncDisposable
{
    private readonly InProcessTestCluster _cluster;

    private GrainCluster(InProcessTestCluster cluster, FakeEnvelopeStore store, FakeAppChain chain) =>
        (_cluster, Store, Chain) = (cluster, store, chain);

    public FakeEnvelopeStore Store { get; }

    public FakeAppChain Chain { get; }

    public InProcessTestCluster Cluster => _cluster;

    public IReadOnlyList<InProcessSiloHandle> Silos => [.. _cluster.GetActiveSilos()];

    public ISequencerGrain Sequencer => _cluster.Client.GetGrain<ISequencerGrain>(TestPublishes.Node.Value);

    public static async Task<GrainCluster> StartAsync(
        short silos,
        Action<IServiceCollection>? services = null,
        Dictionary<string, string?>? settings = null,
        FakeEnvelopeStore? existing = null,
        Action<ISiloBuilder>? silo = null,
        Action<IClientBuilder, IEnvelopeStore>? client = null)
    {
        var store = existing ?? new FakeEnvelopeStore();
        var chain = new FakeAppChain(TimeProvider.System);
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSiloHost((_, host) =>
        {
            host.Logging.SetMinimumLevel(LogLevel.Warning);
            host.Configuration.AddInMemoryCollection([KeyValuePair.Create("Node:Id", (string?)$"{TestPublishes.Node}"), .. settings ?? []]);
            host.Services.AddSingleton<IEnvelopeStore>(store);
            host.Services.AddSingleton<ISigner>(new LocalSigner(TestKeys.Key(100)));
            host.Services.AddSingleton<IRates>(new FixedRates());
            host.Services.AddSingleton<IAppChain>(chain);
            host.Services.AddSingleton<IInboxValidator>(new FakeInboxes());
            host.Services.AddOriginators().AddPublisher();
            services?.Invoke(host.Services);
        });
        builder.ConfigureSilo((_, each) => silo?.Invoke(each));
        builder.ConfigureClientHost(host =>
        {
            host.Logging.SetMinimumLevel(LogLevel.Warning);
            host.Configuration.AddInMemoryCollection([KeyValuePair.Create("Node:Id", (string?)$"{TestPublishes.Node}"), .. settings ?? []]);
        });
        builder.ConfigureClient(one => client?.Invoke(one, store));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return new GrainCluster(cluster, store, chain);
    }

    /// <summary>The way to the sequencer of one silo's process.</summary>
    public IPublisher Publisher(InProcessSiloHandle silo) => silo.ServiceProvider.GetRequiredService<IPublisher>();

    /// <summary>The silo that hosts a grain now.</summary>
    public InProcessSiloHandle HostOf(IGrain grain) => _cluster.TryGetGrainContext(grain.GetGrainId(), out var context)
        ? Silos.Single(silo => silo.SiloAddress.Equals(context.Address.SiloAddress))
        : throw new InvalidOperationException("the grain is not active");

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();
}
