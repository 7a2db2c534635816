using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Chain.Local;

/// <summary>Registers the chain of one machine.</summary>
public static class LocalChainHosting
{
    /// <summary>Adds the chain, its rates, and that it has no contract wallets. The store of its events (<see cref="ILocalChainStore"/>) comes with the database.</summary>
    public static IServiceCollection AddLocalChain(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IAppChain, LocalChain>();
        services.TryAddSingleton<IRates, LocalRates>();
        services.TryAddSingleton<IWalletVerifier, LocalWallets>();
        return services;
    }
}
