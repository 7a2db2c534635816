using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Puts a payer gateway behind the RPC front.</summary>
public static class PayerGatewayHosting
{
    /// <summary>Registers the gateway for a payer's key. It needs the node registry and the chain's ports. It reaches nodes over RPC alone,
    /// so it can run anywhere.</summary>
    public static IServiceCollection AddPayerGateway(this IServiceCollection services, Secp256k1PrivateKey payerKey) => services.AddPayerGateway(_ => payerKey);

    /// <summary>As <see cref="AddPayerGateway(IServiceCollection, Secp256k1PrivateKey)"/>, for a key that is known once the configuration was checked.</summary>
    public static IServiceCollection AddPayerGateway(this IServiceCollection services, Func<IServiceProvider, Secp256k1PrivateKey> payerKey)
    {
        services.AddOptions<PayerOptions>().BindConfiguration(PayerOptions.SectionName).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PayerOptions>, PayerOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PayerOptions>, PayerOptionsRules>());
        services.AddOptions<AdmissionOptions>().BindConfiguration("Admission");
        services.AddMetrics();
        services.AddInboxes();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => new Admission(provider.GetRequiredService<IOptions<AdmissionOptions>>().Value));
        services.TryAddSingleton(provider => new PayerSigner(payerKey(provider)));
        services.TryAddSingleton<INodeResolver, DnsNodeResolver>();
        services.TryAddSingleton<NodeDirectory>();
        services.TryAddSingleton<NodeHealth>();
        services.TryAddSingleton<NodeLatencies>();
        services.TryAddSingleton<NodeSelector>();
        services.TryAddSingleton<ListedNodes>();
        services.TryAddSingleton<PublishPlanner>();
        services.TryAddSingleton<PublishAuthorization>();
        services.TryAddSingleton<RecentPublishes>();
        services.TryAddSingleton<AnswerChecks>();
        services.TryAddSingleton<NodePublisher>();
        services.TryAddSingleton<StoredEnvelopes>();
        services.TryAddSingleton<InboxLog>();
        services.TryAddSingleton<IdentityJudge>();
        services.TryAddSingleton<ChainPublisher>();
        services.TryAddSingleton<ClientPublisher>();
        services.TryAddSingleton<PayerMetrics>();
        services.AddHostedService(provider => provider.GetRequiredService<NodeHealth>());
        services.AddHostedService(provider => provider.GetRequiredService<NodeLatencies>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IRpcService, PayerService>());
        return services;
    }
}
