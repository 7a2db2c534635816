using System.Net;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Silo.Ops;
using XmtpOrleans.Storage;

namespace XmtpOrleans.Silo.Dev;

/// <summary>A whole one-operator network in one process: node, payer gateway and the operator's endpoint, each with its own port. The gateway reaches
/// the node over RPC, as in production.</summary>
internal sealed class DevNetwork
{
    /// <summary>The one node of the network.</summary>
    public static readonly OriginatorId NodeId = new(100);

    private DevNetwork(ServingProcess process, DevOptions options, EthereumAddress nodeAddress, bool hasDashboard) =>
        (Process, NodeAddress, StoreDescription, HasDashboard) = (process, nodeAddress, NodeApplication.StoreOf(options), hasDashboard);

    /// <summary>What it runs in; stopping that drains and stops everything.</summary>
    public ServingProcess Process { get; }

    /// <summary>Address of the key that signs this node's envelopes.</summary>
    public EthereumAddress NodeAddress { get; }

    /// <summary>Where everything is kept, without secrets.</summary>
    public string StoreDescription { get; }

    /// <summary>Whether the operator's endpoint serves Orleans' dashboard.</summary>
    public bool HasDashboard { get; }

    /// <summary>Starts everything in the order of its dependencies: store, silo, node, gateway.</summary>
    /// <exception cref="StartException">Something is not as it has to be; nothing stays running.</exception>
    /// <exception cref="OperationCanceledException">The process was told to stop meanwhile; nothing stays running.</exception>
    public static async Task<DevNetwork> StartAsync(DevOptions options, CancellationToken cancellationToken)
    {
        CreateFolder(options.DataFolder);
        var nodeKey = KeyFile.ReadOrCreate(Path.Combine(options.DataFolder, "node.key"));
        var payerKey = KeyFile.ReadOrCreate(Path.Combine(options.DataFolder, "payer.key"));
        var registry = new FixedNodeRegistry([new RegisteredNode(NodeId, options.AdvertisedUrl, nodeKey.Address)]);

        WebApplication? node = null;
        var nodeBuilder = NodeApplication.Compose(options, nodeKey);
        var gatewayBuilder = GatewayApplication.Compose(options, payerKey, registry, chain: () => node!.Services);
        string?[] faults =
        [
            .. ConfigurationCheck.Faults(nodeBuilder),
            .. ConfigurationCheck.Faults(gatewayBuilder),
            ConfigurationCheck.PortFault("--port", options.Address, options.Port),
            ConfigurationCheck.PortFault("--gateway-port", options.Address, options.GatewayPort),
            ConfigurationCheck.PortFault("--ops-port", options.Address, options.OpsPort),
        ];
        StartException.ThrowIfAny(faults);

        node = nodeBuilder.Build().UseRpc();
        var process = new ServingProcess(
            [new ServedApplication("node", node, EnterAsync), new ServedApplication("gateway", gatewayBuilder.Build().UseRpc())],
            new IPEndPoint(options.Address, options.OpsPort), options.DrainDelay)
        {
            // A file is there or it is not; only a server can be on its way.
            DatabaseLimit = options.PostgresConnection is null ? TimeSpan.Zero : node.Services.GetRequiredService<IOptions<StartOptions>>().Value.DatabaseWait,
        };
        await process.StartAsync(cancellationToken);
        return new DevNetwork(process, options, nodeKey.Address, OrleansDashboard.IsIn(node.Services));
    }

    private static async Task EnterAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        // Its log would be taken by whoever publishes next, there or here.
        if (services.GetService<IClusterDatabase>() is { } cluster) await cluster.CheckAloneAsync(cancellationToken);
        await services.CheckSignerAsync(cancellationToken);
    }

    private static void CreateFolder(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"--data {folder}: {failure.Message} Give this user access, or name another folder.");
        }
    }
}
