using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Silo.Cluster;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Silo.Roles;

/// <summary>A front alone: serves the node's RPC as a client of the silos, with the same store.</summary>
internal static class FrontRole
{
    /// <summary>The role.</summary>
    public static Role Role { get; } = new("front", "Runs a front alone: serves the node's RPC as a client of its silos", Compose, EnterAsync, static _ => [], Describe);

    private static WebApplicationBuilder Compose(RoleSettings settings)
    {
        var builder = RoleParts.CreateBuilder(settings);
        builder.Host.UseOrleansClient(static client => client.UseCluster().AddLiveFeed().AddPublisher());
        builder.Services
            .AddPostgresStore(static postgres => postgres.Migrate = false)
            .AddFront();
        return builder;
    }

    private static Task EnterAsync(IServiceProvider services, CancellationToken cancellationToken) => services.CheckClusterAsync(cancellationToken);

    private static IEnumerable<(string Name, string Text)> Describe(IServiceProvider services) =>
    [
        ("node", $"{services.GetRequiredService<IOptions<NodeOptions>>().Value.Id}"),
        ("cluster", services.GetRequiredService<IOptions<ClusterMemberOptions>>().Value.Id),
        ("store", NodeRole.StoreOf(services)),
    ];
}
