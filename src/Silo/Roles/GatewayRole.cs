using Microsoft.Extensions.Options;
using XmtpOrleans.Chain.Local;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Silo.Roles;

/// <summary>A payer gateway: a client of nodes over RPC. Until contracts come, its nodes are a list and its chain is the one of one machine, in the
/// database that it is given.</summary>
internal static class GatewayRole
{
    /// <summary>The role.</summary>
    public static Role Role { get; } = new("gateway", "Runs a payer gateway: signs and pays for what clients publish, and reaches nodes over RPC", Compose, EnterAsync, static _ => [], Describe);

    private static WebApplicationBuilder Compose(RoleSettings settings)
    {
        var builder = RoleParts.CreateBuilder(settings);
        builder.Services
            .AddChecked<PayerKeyOptions>(PayerKeyOptions.SectionName)
            .AddChecked<NetworkOptions>(NetworkOptions.SectionName)
            .AddSingleton<INodeRegistry>(static services => new FixedNodeRegistry(NodesOf(services)))
            .AddPostgresStore(static postgres => postgres.Migrate = false)
            .AddLocalChain()
            .AddRpc()
            .AddPayerGateway(KeyOf);
        return builder;
    }

    private static Task EnterAsync(IServiceProvider services, CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<(string Name, string Text)> Describe(IServiceProvider services) =>
    [
        ("payer", $"{KeyOf(services).Address}"),
        .. NodesOf(services).Select(static node => ($"node {node.Id}", $"{node.Url.OriginalString}   signs as {node.SigningAddress}")),
        ("chain", $"of one machine, {NodeRole.StoreOf(services)}"),
    ];

    private static Secp256k1PrivateKey KeyOf(IServiceProvider services) =>
        Secp256k1PrivateKey.TryParse(services.GetRequiredService<IOptions<PayerKeyOptions>>().Value.Key, out var key)
            ? key
            : throw new InvalidOperationException("The key was not checked.");

    private static IReadOnlyList<RegisteredNode> NodesOf(IServiceProvider services) =>
        [.. services.GetRequiredService<IOptions<NetworkOptions>>().Value.Nodes.Select(static node => new RegisteredNode(
            node.Node, new Uri(node.Url), EthereumAddress.TryParse(node.SigningAddress, out var address) ? address : default))];
}
