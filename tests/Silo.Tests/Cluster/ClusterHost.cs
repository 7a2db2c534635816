using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Runtime;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Silo.Cluster;
using XmtpOrleans.Storage;
using XmtpOrleans.Storage.Postgres;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Silo.Tests.Cluster;

/// <summary>A process of a cluster, as a host in this one: a bare silo, or a bare client of silos.</summary>
internal sealed class ClusterHost : IAsyncDisposable
{
    private readonly IHost _host;

    private ClusterHost(IHost host) => _host = host;

    public IServiceProvider Services => _host.Services;

    public SiloAddress Address => Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    /// <summary>Waits until this silo believes so many to be alive.</summary>
    public async Task SeesAsync(int silos)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        await foreach (var snapshot in Services.GetRequiredService<IClusterMembershipService>().MembershipUpdates.WithCancellation(limit.Token))
        {
            if (snapshot.Members.Values.Count(static member => member.Status == SiloStatus.Active) == silos) return;
        }
    }

    public static Task<ClusterHost> StartSiloAsync(string connectionString, string name, params (string Key, string Value)[] settings) =>
        StartSiloAsync(connectionString, name, static _ => { }, settings);

    public static Task<ClusterHost> StartSiloAsync(
        string connectionString, string name, Action<IServiceCollection> services, params (string Key, string Value)[] settings)
    {
        var ports = FreePorts.Take(2);
        return StartAsync(connectionString,
            [("Cluster:SiloName", name), ("Cluster:AdvertisedAddress", "127.0.0.1"), ("Cluster:SiloPort", $"{ports[0]}"), ("Cluster:ClientPort", $"{ports[1]}"), .. settings],
            host =>
            {
                services(host.Services);
                host.UseOrleans(static silo => silo.UseCluster());
            },
            static services => services.EnterClusterAsync(TestContext.Current.CancellationToken));
    }

    public static Task<ClusterHost> StartClientAsync(string connectionString, params (string Key, string Value)[] settings) =>
        StartAsync(connectionString, settings,
            static host => host.UseOrleansClient(static client => client.UseCluster()),
            static services => services.CheckClusterAsync(TestContext.Current.CancellationToken));

    public Task StopAsync() => _host.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable) await disposable.DisposeAsync();
    }

    private static async Task<ClusterHost> StartAsync(
        string connectionString, (string Key, string Value)[] settings, Action<HostApplicationBuilder> configure, Func<IServiceProvider, Task> enter)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(
        [
            new("Node:Id", "100"),
            new("Postgres:ConnectionString", connectionString),
            new("Postgres:ConnectTimeoutSeconds", "60"), // other tests keep the server busy
            new("Postgres:CommitTimeoutSeconds", "60"),
        ]);
        builder.Configuration.AddInMemoryCollection(settings.GroupBy(static setting => setting.Key)
            .Select(static given => KeyValuePair.Create(given.Key, (string?)given.Last().Value)));
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddOptions<NodeOptions>().BindConfiguration(NodeOptions.SectionName);
        builder.Services.AddPostgresStore();
        configure(builder);
        var host = builder.Build();
        try
        {
            await host.Services.GetRequiredService<INodeDatabase>().OpenAsync(TestContext.Current.CancellationToken);
            await enter(host.Services);
            await host.StartAsync(TestContext.Current.CancellationToken);
            return new ClusterHost(host);
        }
        catch
        {
            if (host is IAsyncDisposable disposable) await disposable.DisposeAsync();
            throw;
        }
    }
}
