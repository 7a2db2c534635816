using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Silo.Ops;
using XmtpOrleans.Silo.Roles;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Storage.Sqlite;

namespace XmtpOrleans.Silo.Dev;

/// <summary>The node of the <c>dev</c> command: one silo with its front, its store and the chain of one machine.</summary>
internal static class NodeApplication
{
    private const string DatabaseFile = "node.db";

    /// <summary>Composes the node; the caller checks its configuration, builds it and starts it.</summary>
    public static WebApplicationBuilder Compose(DevOptions options, Secp256k1PrivateKey key)
    {
        var builder = EmbeddedHosting.CreateBuilder();
        EmbeddedHosting.Configure(builder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(options.Address, options.Port)));
        builder.Host.UseOrleans(silo => ConfigureSilo(silo, options));

        var services = builder.Services;
        services.Configure<NodeOptions>(node => node.Id = DevNetwork.NodeId.Value);
        services.Configure<RpcOptions>(rpc => rpc.Reflection = true); // a developer's tools list the methods
        services.AddSingleton<ISigner>(_ => new LocalSigner(key));
        services.AddOptions<StartOptions>().BindConfiguration(StartOptions.SectionName).ValidateOnStart();
        services.AddSingleton<IValidateOptions<StartOptions>, StartOptionsValidator>();
        services.AddOptions<OpsOptions>().BindConfiguration(OpsOptions.SectionName).ValidateOnStart(); // of which the dashboard alone is no option of the command
        services.AddSingleton<IValidateOptions<OpsOptions>, OpsOptionsValidator>();
        AddStore(services, options);
        services.AddLogs().AddFront();
        return builder;
    }

    /// <summary>Where the node keeps everything, without secrets.</summary>
    public static string StoreOf(DevOptions options) =>
        options.PostgresConnection is null ? Path.Combine(options.DataFolder, DatabaseFile) : "PostgreSQL";

    private static void AddStore(IServiceCollection services, DevOptions options)
    {
        if (options.PostgresConnection is not { } connection)
        {
            services.AddSqliteStore(sqlite => sqlite.Path = Path.Combine(options.DataFolder, DatabaseFile));
            return;
        }

        services.AddPostgresStore(postgres =>
        {
            postgres.ConnectionString = connection;
            postgres.SingleProcess = true;
        });
    }

    private static void ConfigureSilo(ISiloBuilder silo, DevOptions options)
    {
        // Alone there is nobody to talk to: membership in memory, no client port, and the silo port on the loopback.
        silo.UseLocalhostClustering(options.SiloPort > 0 ? options.SiloPort : FreePort(), gatewayPort: 0, serviceId: "xmtp", clusterId: "dev");
        silo.Configure<EndpointOptions>(endpoints => endpoints.GatewayPort = 0);
        silo.AddOperatorDashboard();
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
