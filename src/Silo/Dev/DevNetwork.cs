using System.Net.Sockets;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Silo.Ops;
using XmtpOrleans.Storage;

namespace XmtpOrleans.Silo.Dev;

/// <summary>A whole one-operator network in one process: node, payer gateway and the operator's endpoint, each with its own port. The gateway reaches
/// the node over RPC, as in production.</summary>
internal sealed class DevNetwork
{
    /// <summary>The one node of the network.</summary>
    public static readonly OriginatorId NodeId = new(100);

    private readonly WebApplication _node;
    private readonly WebApplication _gateway;
    private readonly WebApplication _ops;
    private readonly TimeSpan _drainDelay;

    private DevNetwork(WebApplication node, WebApplication gateway, DevOptions options, EthereumAddress nodeAddress)
    {
        var readiness = new Readiness();
        readiness.Add(() => Fault("node", node));
        readiness.Add(() => Fault("gateway", gateway));
        (_node, _gateway, _ops) = (node, gateway, OpsEndpoint.Build(options.Address, options.OpsPort, readiness));
        _drainDelay = options.DrainDelay;
        NodeAddress = nodeAddress;
        StoreDescription = NodeApplication.StoreOf(options);
    }

    /// <summary>Address of the key that signs this node's envelopes.</summary>
    public EthereumAddress NodeAddress { get; }

    /// <summary>Where everything is kept, without secrets.</summary>
    public string StoreDescription { get; }

    /// <summary>Starts everything in the order of its dependencies: store, silo, node, gateway. The operator's endpoint answers from the first moment.</summary>
    /// <exception cref="StartException">Something is not as it has to be; nothing stays running.</exception>
    public static async Task<DevNetwork> StartAsync(DevOptions options)
    {
        CreateFolder(options.DataFolder);
        var nodeKey = KeyFile.ReadOrCreate(Path.Combine(options.DataFolder, "node.key"));
        var payerKey = KeyFile.ReadOrCreate(Path.Combine(options.DataFolder, "payer.key"));
        var registry = new FixedNodeRegistry([new RegisteredNode(NodeId, options.AdvertisedUrl, nodeKey.Address)]);

        WebApplication? node = null;
        var nodeBuilder = NodeApplication.Compose(options, nodeKey, registry);
        var gatewayBuilder = GatewayApplication.Compose(options, payerKey, registry, chain: () => node!.Services);
        string?[] faults =
        [
            .. ConfigurationCheck.Faults(nodeBuilder),
            .. ConfigurationCheck.Faults(gatewayBuilder),
            ConfigurationCheck.PortFault("--port", options.Address, options.Port),
            ConfigurationCheck.PortFault("--gateway-port", options.Address, options.GatewayPort),
            ConfigurationCheck.PortFault("--ops-port", options.Address, options.OpsPort),
        ];
        if (faults.Any(static fault => fault is not null))
        {
            throw new StartException(string.Join('\n', faults.OfType<string>().Distinct()));
        }

        node = nodeBuilder.Build().UseRpc();
        var network = new DevNetwork(node, gatewayBuilder.Build().UseRpc(), options, nodeKey.Address);
        await network.StartAsync();
        return network;
    }

    /// <summary>Drains: health fails first, and after the drain delay the gateway finishes its calls, then the node ends its streams and finishes what
    /// was published. What fails on the way does not keep the rest from stopping.</summary>
    public async Task StopAsync()
    {
        _gateway.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Leaving);
        _node.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Leaving);
        await Task.Delay(_drainDelay, TimeProvider.System);
        try
        {
            await _gateway.StopAsync();
        }
        finally
        {
            await _node.StopAsync();
            await _ops.StopAsync();
            await _gateway.DisposeAsync();
            await _node.DisposeAsync();
            await _ops.DisposeAsync();
        }
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

    private async Task StartAsync()
    {
        try
        {
            await _ops.StartAsync();
            await _node.Services.GetRequiredService<INodeDatabase>().OpenAsync(CancellationToken.None);
            await _node.StartAsync();
            _node.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Serving);
            await _gateway.StartAsync();
            _gateway.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Serving);
        }
        catch (Exception failure) when (failure is StoreException or IOException or SocketException)
        {
            await StopAsync();
            throw new StartException(failure.Message);
        }
    }

    private static string? Fault(string name, WebApplication application)
    {
        var state = application.Services.GetRequiredService<ServingState>();
        return state switch
        {
            { Phase: not ServingPhase.Serving } => $"{name}: {state.Phase.ToString().ToLowerInvariant()}",
            { Fault: { } fault } => $"{name}: {fault}",
            _ => null,
        };
    }
}
