using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Silo.Cluster;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Storage;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Load.Cluster;

/// <summary>A client of a running cluster's silos, made as a front alone is, without what a front serves.</summary>
internal sealed class GrainClient : IAsyncDisposable
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    private readonly IHost _host;

    private GrainClient(IHost host) => _host = host;

    /// <summary>Where grains are found.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The node's store.</summary>
    public IEnvelopeStore Store => _host.Services.GetRequiredService<IEnvelopeStore>();

    /// <summary>Connects as the settings of a front say: a file, the environment, and single settings, of which the later ones count.</summary>
    /// <exception cref="LoadException">It cannot; the message says what to do.</exception>
    public static async Task<GrainClient> ConnectAsync(
        OriginatorId node, string? file, IReadOnlyDictionary<string, string?> set, IReadOnlyDictionary<string, string> environment)
    {
        var settings = RoleSettings.Load(file, new Dictionary<string, string?>(set) { ["Node:Id"] = node.ToString() }, environment);
        if (settings.Faults.Count > 0) throw new LoadException(string.Join('\n', settings.Faults));
        if (string.IsNullOrEmpty(settings.Values["Postgres:ConnectionString"]))
        {
            throw new LoadException("Postgres:ConnectionString is not set: give what a front of the cluster is given, by --config FILE, --set or the environment");
        }

        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddConfiguration(settings.Values);
        builder.UseOrleansClient(static client => client.UseCluster());
        builder.Services.AddOptions<NodeOptions>().BindConfiguration(NodeOptions.SectionName);
        builder.Services.AddPostgresStore(static postgres => postgres.Migrate = false);
        var client = new GrainClient(builder.Build());
        using var limit = new CancellationTokenSource(ConnectLimit);
        try
        {
            var services = client._host.Services;
            await services.GetRequiredService<INodeDatabase>().OpenAsync(limit.Token);
            await services.CheckClusterAsync(limit.Token);
            await client._host.StartAsync(limit.Token);
            return client;
        }
        catch (Exception failure) when (failure is StoreException or OptionsValidationException or OperationCanceledException)
        {
            client._host.Dispose();
            throw new LoadException(failure switch
            {
                OptionsValidationException invalid => string.Join('\n', invalid.Failures.Select(fault => $"{invalid.OptionsType.Name}: {fault}")),
                OperationCanceledException => $"no silo of the cluster took a client within {ConnectLimit.TotalSeconds} s: start one with `node` and a client port",
                _ => failure.Message,
            });
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        _host.Dispose();
    }
}
