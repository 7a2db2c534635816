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
    /// <summary>Composes the gateway; the caller starts it after the node.</summary>
    /// <param name="options">What was asked for.</param>
    /// <param name="payerKey">Key of the account that pays.</param>
    /// <param name="registry">The nodes.</param>
    /// <param name="chain">Services that hold the chain's ports.</param>
    public static WebApplication Build(DevOptions options, Secp256k1PrivateKey payerKey, INodeRegistry registry, IServiceProvider chain)
    {
        var builder = WebApplication.CreateSlimBuilder();
        EmbeddedHosting.Configure(builder);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(options.Address, options.GatewayPort)));

        var services = builder.Services;
        services.Configure<RpcOptions>(rpc => rpc.Reflection = true);
        services.AddSingleton(registry);
        services.AddSingleton(chain.GetRequiredService<IAppChain>());
        services.AddSingleton(chain.GetRequiredService<IRates>());
        services.AddSingleton(chain.GetRequiredService<IWalletVerifier>());
        services.AddRpc();
        services.AddPayerGateway(payerKey);
        return builder.Build().UseRpc();
    }
}
