using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using XmtpOrleans.Grains.Inboxes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wires the grains that judge identity updates.</summary>
public static class InboxServices
{
    /// <summary>What a silo needs to judge identity updates. The host adds the chains' port, <see cref="IWalletVerifier"/>.</summary>
    public static IServiceCollection AddInboxes(this IServiceCollection services)
    {
        services.TryAddSingleton<IUpdateVerifier, UpdateVerifier>();
        return services;
    }
}
