using System.Net;
using Microsoft.Extensions.Options;
using Npgsql;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Silo.Cluster;
using XmtpOrleans.Silo.Configuration;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Silo.Roles;

/// <summary>A silo with its front on PostgreSQL: a member of the node's cluster.</summary>
internal static class NodeRole
{
    /// <summary>The role.</summary>
    public static Role Role { get; } = new("node", "Runs a silo with its front: one member of the node's cluster", Compose, EnterAsync, Ports, Describe);

    /// <summary>Where the store is, without secrets.</summary>
    public static string StoreOf(IServiceProvider services)
    {
        var connection = new NpgsqlConnectionStringBuilder(services.GetRequiredService<IOptions<PostgresOptions>>().Value.ConnectionString);
        return $"PostgreSQL {connection.Database ?? connection.Username} on {connection.Host}:{connection.Port}";
    }

    private static WebApplicationBuilder Compose(RoleSettings settings)
    {
        var builder = RoleParts.CreateBuilder(settings);
        builder.Host.UseOrleans(static silo => silo.UseCluster().AddLiveFeed().AddStoreWatch());
        builder.Services
            .AddChecked<SignerOptions>(SignerOptions.SectionName)
            .AddSingleton<ISigner>(static services => new LocalSigner(KeyOf(services)))
            .AddPostgresStore()
            .AddLogs()
            .AddFront();
        return builder;
    }

    private static async Task EnterAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.CheckSignerAsync(cancellationToken); // before it is entered: a wrong key would be what the right one differs from
        await services.EnterClusterAsync(cancellationToken);
    }

    private static IEnumerable<(string Setting, IPEndPoint EndPoint)> Ports(IServiceProvider services)
    {
        var member = services.GetRequiredService<IOptions<ClusterMemberOptions>>().Value;
        var address = IPAddress.Parse(member.ListenAddress.Length > 0 ? member.ListenAddress : member.AdvertisedAddress);
        yield return ("Cluster:SiloPort", new IPEndPoint(address, member.SiloPort));
        if (member.ClientPort > 0) yield return ("Cluster:ClientPort", new IPEndPoint(address, member.ClientPort));
    }

    private static IEnumerable<(string Name, string Text)> Describe(IServiceProvider services) =>
    [
        ("node", $"{services.GetRequiredService<IOptions<NodeOptions>>().Value.Id}   signs as {KeyOf(services).Address}"),
        ("cluster", ClusterOf(services)),
        ("store", StoreOf(services)),
    ];

    private static string ClusterOf(IServiceProvider services)
    {
        var member = services.GetRequiredService<IOptions<ClusterMemberOptions>>().Value;
        return $"{member.Id}   silo {member.SiloName} at {member.AdvertisedAddress}:{member.SiloPort}, fronts connect to {member.ClientPort}";
    }

    private static Secp256k1PrivateKey KeyOf(IServiceProvider services) =>
        Secp256k1PrivateKey.TryParse(services.GetRequiredService<IOptions<SignerOptions>>().Value.Key, out var key)
            ? key
            : throw new InvalidOperationException("The key was not checked.");
}
