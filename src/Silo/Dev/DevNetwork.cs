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

    private DevNetwork(WebApplication node, WebApplication gateway, WebApplication ops, EthereumAddress nodeAddress, string store)
    {
        (_node, _gateway, _ops) = (node, gateway, ops);
        NodeAddress = nodeAddress;
        StoreDescription = store;
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

        var readiness = new Readiness();
        var node = NodeApplication.Build(options, nodeKey, registry);
        var gateway = GatewayApplication.Build(options, payerKey, registry, chain: node.Services);
        var ops = OpsEndpoint.Build(options.Address, options.OpsPort, readiness);
        readiness.Add(() => Fault("node", node));
        readiness.Add(() => Fault("gateway", gateway));
        var network = new DevNetwork(node, gateway, ops, nodeKey.Address, NodeApplication.StoreOf(options));
        try
        {
            await StartAsync(ops, "--ops-port", options.OpsPort);
            await node.Services.GetRequiredService<INodeDatabase>().OpenAsync(CancellationToken.None);
            await StartAsync(node, "--port", options.Port);
            node.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Serving);
            await StartAsync(gateway, "--gateway-port", options.GatewayPort);
            gateway.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Serving);
            return network;
        }
        catch (StoreException failure)
        {
            await network.DisposeAsync();
            throw new StartException(failure.Message);
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Drains: health fails first, then the gateway finishes its calls, then the node ends its streams and finishes what was published.</summary>
    public async Task StopAsync()
    {
        _gateway.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Leaving);
        _node.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Leaving);
        await _gateway.StopAsync();
        await _node.StopAsync();
        await _ops.StopAsync();
        await DisposeAsync();
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

    private static async Task StartAsync(WebApplication application, string option, int port)
    {
        try
        {
            await application.StartAsync();
        }
        catch (IOException failure) when (failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw new StartException($"{option} {port}: the port is in use; stop what listens there, or give another with {option}");
        }
        catch (Exception failure) when (failure is SocketException or IOException)
        {
            throw new StartException($"{option} {port}: {failure.Message}");
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

    private async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
        await _ops.DisposeAsync();
    }
}
