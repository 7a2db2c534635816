using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using XmtpOrleans.Grains.Inboxes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wires the grains that judge identity updates.</summary>
public static class InboxServices
{
    /// <summary>What a silo needs to judge identity updates. Without another <see cref="IWalletVerifier"/> no smart contract wallet is accepted.</summary>
    public static IServiceCollection AddInboxes(this IServiceCollection services)
    {
        services.TryAddSingleton<IUpdateVerifier, UpdateVerifier>();
        services.TryAddSingleton<IWalletVerifier, NoWalletChains>();
        return services;
    }
}
