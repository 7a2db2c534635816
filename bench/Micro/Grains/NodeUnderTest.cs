using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage;
using XmtpOrleans.Storage.Sqlite;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Micro.Grains;

/// <summary>One silo over SQLite, with everything behind the RPC front.</summary>
internal sealed class NodeUnderTest : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("xmtp-micro-").FullName;
    private readonly IHost _host;

    private NodeUnderTest()
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.UseOrleans(silo => silo
            .UseLocalhostClustering()
            .Configure<EndpointOptions>(endpoints =>
            {
                (endpoints.AdvertisedIPAddress, endpoints.GatewayPort) = (IPAddress.Loopback, 0);
                endpoints.SiloPort = FreePort();
            }));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<NodeOptions>(node => node.Id = TestPublishes.Node.Value);
        builder.Services.AddSqliteStore(sqlite => sqlite.Path = Path.Combine(_folder, "node.db"));
        builder.Services.AddSingleton<ISigner>(new LocalSigner(TestKeys.Key(100)));
        builder.Services.AddSingleton<IRates>(new FixedRates());
        builder.Services.AddSingleton<IAppChain>(new FakeAppChain(TimeProvider.System));
        builder.Services.AddOriginators().AddReading().AddInboxes().AddPublisher();
        _host = builder.Build();
    }

    public T Get<T>()
        where T : notnull => _host.Services.GetRequiredService<T>();

    public static async Task<NodeUnderTest> StartAsync()
    {
        var node = new NodeUnderTest();
        await node.Get<INodeDatabase>().OpenAsync(CancellationToken.None);
        await node._host.StartAsync();
        return node;
    }

    public async Task PublishAsync(params PublishEntry[] entries)
    {
        var outcome = await Get<IPublisher>().PublishAsync(TestPublishes.Request(1, entries), CancellationToken.None);
        if (!outcome.IsAccepted) throw new InvalidOperationException($"the publish ended {outcome.Status}");
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
