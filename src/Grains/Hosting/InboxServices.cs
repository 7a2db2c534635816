using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using XmtpOrleans.Grains.Inboxes;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>Wires the grains that judge identity updates.</summary>
public static class InboxServices
{
    private static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(3); // an inbox rarely changes twice; its state is read again when it does

    /// <summary>What a silo needs to judge identity updates. The host adds the chains' port, <see cref="IWalletVerifier"/>.</summary>
    public static IServiceCollection AddInboxes(this IServiceCollection services)
    {
        services.TryAddSingleton<IUpdateVerifier, UpdateVerifier>();
        services.Configure<GrainCollectionOptions>(static collection =>
            collection.ClassSpecificCollectionAge[typeof(InboxGrain).FullName!] = IdleAfter);
        return services;
    }
}
