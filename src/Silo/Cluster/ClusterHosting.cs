using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Ops;
using XmtpOrleans.Storage;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>Makes a process a member of the cluster on the node's PostgreSQL: as a silo, or as a client of silos. The host adds the store, and
/// enters the cluster between opening the database and starting.</summary>
internal static class ClusterHosting
{
    /// <summary>Storage of who reads which stream, as Orleans names it.</summary>
    private const string StreamStorage = "PubSubStore";

    private const string Provider = "Npgsql";
    private const string Tracing = $"{ClusterMemberOptions.SectionName}:{nameof(ClusterMemberOptions.Tracing)}";

    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClientAnswerLimit = TimeSpan.FromSeconds(3); // a request lost behind a silo is noticed by nothing else
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(1);

    /// <summary>A silo of the cluster that section <c>Cluster</c> describes.</summary>
    public static ISiloBuilder UseCluster(this ISiloBuilder silo)
    {
        AddMembership(silo.Services);
        silo.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClusterMemberOptions>, SiloMemberRules>());
        silo.UseAdoNetClustering(options => options.Configure<IClusterDatabase>(static (clustering, database) =>
            (clustering.Invariant, clustering.DataSource) = (Provider, database.Connections)));
        silo.AddAdoNetGrainStorage(StreamStorage, options => options.Configure<IClusterDatabase>(static (storage, database) =>
        {
            (storage.Invariant, storage.DataSource) = (Provider, database.Connections);
            storage.DeleteStateOnClear = true;
        }));
        silo.Services.AddOptions<SiloOptions>().Configure<IOptions<ClusterMemberOptions>>(static (options, member) =>
            options.SiloName = member.Value.SiloName);
        silo.Services.AddOptions<EndpointOptions>().Configure<IOptions<ClusterMemberOptions>>(static (endpoints, member) =>
            Listen(endpoints, member.Value));
        silo.Configure<ClusterMembershipOptions>(DetectFailures);
        silo.Configure<SiloMessagingOptions>(static messaging =>
            (messaging.ResponseTimeout, messaging.SystemResponseTimeout) = (AnswerLimit, AnswerLimit));
        silo.Services.TryAddEnumerable(ServiceDescriptor.Singleton<ILifecycleParticipant<ISiloLifecycle>, Predecessors>());
        silo.Services.AddOptions<SiloConnectionOptions>().Configure<ClusterTls>(static (connections, tls) =>
        {
            if (!tls.IsUsed) return;
            connections.ConfigureSiloInboundConnection(connection => connection.UseServerTls(tls.Settings));
            connections.ConfigureGatewayInboundConnection(connection => connection.UseServerTls(tls.Settings));
            connections.ConfigureSiloOutboundConnection(connection => connection.UseClientTls(tls.Settings));
        });
        silo.AddGrainCallMetrics();
        if (silo.Configuration.IsOn(Tracing)) silo.AddActivityPropagation();
        silo.AddOperatorDashboard();
        silo.ConfigureLogging(Quiet);
        return silo;
    }

    /// <summary>A client of the cluster's silos: it waits for the first one, and finds others when one is lost.</summary>
    public static IClientBuilder UseCluster(this IClientBuilder client)
    {
        AddMembership(client.Services);
        client.UseAdoNetClustering(options => options.Configure<IClusterDatabase>(static (clustering, database) =>
            (clustering.Invariant, clustering.DataSource) = (Provider, database.Connections)));
        client.Configure<GatewayOptions>(static gateways => gateways.GatewayListRefreshPeriod = GatewayRefresh);
        client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = ClientAnswerLimit);
        client.Services.AddOptions<ClientConnectionOptions>().Configure<ClusterTls>(static (connections, tls) =>
        {
            if (tls.IsUsed) connections.ConfigureConnection(connection => connection.UseClientTls(tls.Settings));
        });
        if (client.Configuration.IsOn(Tracing)) client.AddActivityPropagation();
        client.AddOperatorDashboard();
        client.Services.AddSingleton(static services => new SiloWait(services.GetRequiredService<TimeProvider>(), Console.WriteLine));
        client.Services.AddSingleton<IClientConnectionRetryFilter>(static services => services.GetRequiredService<SiloWait>());
        client.Services.AddSingleton<ILifecycleParticipant<IClusterClientLifecycle>>(static services => services.GetRequiredService<SiloWait>());
        client.Services.AddLogging(Quiet);
        return client;
    }

    /// <summary>Enters this process's silo into the node's row of the database, after the silos that work have taken a connection of it.</summary>
    /// <exception cref="Grains.Originators.StoreException">It does not fit to what is there; the message is one line.</exception>
    public static async Task EnterClusterAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<ClusterGreeting>().CheckAsync(isSilo: true, cancellationToken);
        await services.GetRequiredService<IClusterDatabase>().EnterAsync(IdentityOf(services), cancellationToken);
    }

    /// <summary>Compares a process without a silo with the node's row of the database, and looks whether the silos that work take a connection of it.</summary>
    /// <exception cref="Grains.Originators.StoreException">It does not fit to what is there; the message is one line.</exception>
    public static async Task CheckClusterAsync(this IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<IClusterDatabase>().CheckAsync(IdentityOf(services), cancellationToken);
        await services.GetRequiredService<ClusterGreeting>().CheckAsync(isSilo: false, cancellationToken);
    }

    private static ClusterIdentity IdentityOf(IServiceProvider services)
    {
        var member = services.GetRequiredService<IOptions<ClusterMemberOptions>>().Value;
        var node = services.GetRequiredService<IOptions<NodeOptions>>().Value;
        return new ClusterIdentity(node.Originator, member.Id, member.ServiceId, MessageVersion.Current, services.GetService<ISigner>()?.Address.ToString());
    }

    private static void AddMembership(IServiceCollection services)
    {
        services.AddOptions<ClusterMemberOptions>().BindConfiguration(ClusterMemberOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClusterMemberOptions>, ClusterMemberOptionsValidator>());
        services.AddOptions<ClusterTlsOptions>().BindConfiguration(ClusterTlsOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ClusterTlsOptions>, ClusterTlsRules>());
        services.TryAddSingleton<ClusterTls>();
        services.TryAddSingleton<ClusterGreeting>();
        services.AddOptions<ClusterOptions>().Configure<IOptions<ClusterMemberOptions>>(static (cluster, member) =>
            (cluster.ClusterId, cluster.ServiceId) = (member.Value.Id, member.Value.ServiceId));
        services.TryAddSingleton(TimeProvider.System);
    }

    private static void Listen(EndpointOptions endpoints, ClusterMemberOptions member)
    {
        var advertised = IPAddress.Parse(member.AdvertisedAddress);
        var listening = member.ListenAddress.Length > 0 ? IPAddress.Parse(member.ListenAddress) : advertised;
        endpoints.AdvertisedIPAddress = advertised;
        (endpoints.SiloPort, endpoints.GatewayPort) = (member.SiloPort, member.ClientPort);
        endpoints.SiloListeningEndpoint = new IPEndPoint(listening, member.SiloPort);
        endpoints.GatewayListeningEndpoint = member.ClientPort > 0 ? new IPEndPoint(listening, member.ClientPort) : null;
    }

    // A killed silo is out after 1.2 to 1.6 s, a frozen one after 3.2 s. Shorter is not faster, and a pause of a second must not look like a death:
    // full collections and a full thread pool take that long.
    private static void DetectFailures(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(1);
        membership.MinProbeTimeout = TimeSpan.FromSeconds(0.5);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(1);
        membership.NumMissedProbesLimit = 3;
        membership.NumVotesForDeathDeclaration = 2;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.NumMissedTableIAmAliveLimit = 3;
        membership.EnableIndirectProbes = true;
        membership.EnableConnectionLivenessCheck = true;
    }

    private static void Quiet(ILoggingBuilder logging) => logging
        .AddFilter("Orleans", LogLevel.Warning)
        .AddFilter("Orleans.Runtime.Silo", LogLevel.Error) // 100405: asks for the server collector, which costs memory here
        .AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error) // 100150: false alarm at start in this version
        .AddFilter("XmtpOrleans.Grains.Hosting.StoreWitness", LogLevel.Warning); // its base class tells of each change of the ring
}
