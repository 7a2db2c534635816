using XmtpOrleans.Chain.Local;
using XmtpOrleans.Gateway.Nodes;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Silo.Ops;

namespace XmtpOrleans.Silo;

/// <summary>What a node is made of, whatever command runs it. The command adds Orleans first, then the store.</summary>
internal static class NodeParts
{
    /// <summary>The logs and what they decide with; for silos. Needs the node's signer.</summary>
    public static IServiceCollection AddLogs(this IServiceCollection services) =>
        services.AddKeyedSingleton<TimeProvider>(OriginatorServices.Uptime, new SystemUptime()).AddLocalChain().AddOriginators().AddInboxes();

    /// <summary>What serves the node's RPC; for silos and for fronts alone, which are clients of silos.</summary>
    public static IServiceCollection AddFront(this IServiceCollection services) => services
        .AddReading()
        .AddPublisher()
        .AddRpc()
        .AddNodeApi()
        .AddReadinessProbe<SequencerProbe>()
        .AddReadinessProbe<FeedProbe>();

    private static IServiceCollection AddReadinessProbe<TProbe>(this IServiceCollection services)
        where TProbe : class, IReadinessProbe, IHostedService => services
        .AddSingleton<TProbe>()
        .AddSingleton<IReadinessProbe>(static provider => provider.GetRequiredService<TProbe>())
        .AddHostedService(static provider => provider.GetRequiredService<TProbe>());
}
