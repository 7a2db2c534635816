using System.Net;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Silo.Dev;

/// <summary>The payer gateway of the <c>dev</c> command: a client of the node over RPC, and a sender to the chain.</summary>
internal static class GatewayApplication
{
    /// <summary>Composes the gateway; the caller checks its configuration, builds it and starts it after the node. The chain of one machine lives in the
    /// node's database, so both sides share its objects; everything else goes over RPC.</summary>
    public static WebApplicationBuilder Compose(
        DevOptions options, Secp256k1PrivateKey payerKey, INodeRegistry registry, Func<IServiceProvider> chain)
    {
        var builder = EmbeddedHosting.CreateBuilder();
        EmbeddedHosting.Configure(builder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(options.Address, options.GatewayPort)));

        var services = builder.Services;
        services.Configure<RpcOptions>(rpc => rpc.Reflection = true);
        services.AddSingleton(registry);
        services.AddSingleton(_ => chain().GetRequiredService<IAppChain>());
        services.AddSingleton(_ => chain().GetRequiredService<IRates>());
        services.AddSingleton(_ => chain().GetRequiredService<IWalletVerifier>());
        services.AddRpc();
        services.AddPayerGateway(payerKey);
        return builder;
    }
}
