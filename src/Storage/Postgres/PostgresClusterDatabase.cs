using System.Data.Common;
using Microsoft.Extensions.Options;
using Npgsql;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>The tables of a cluster, and the node's row that says which cluster it is.</summary>
internal sealed class PostgresClusterDatabase(IOptions<PostgresOptions> options) : IClusterDatabase, IAsyncDisposable
{
    private static readonly string[] Tables = ["cluster_version", "cluster_member", "grain_state", "orleansquery"];

    private static readonly string[] Keys =
    [
        "InsertMembershipVersionKey", "MembershipReadAllKey", "MembershipReadRowKey", "InsertMembershipKey", "UpdateMembershipKey",
        "UpdateIAmAlivetimeKey", "GatewaysQueryKey", "DeleteMembershipTableEntriesKey", "CleanupDefunctSiloEntriesKey",
        "ReadFromStorageKey", "WriteToStorageKey", "ClearStorageKey", "DeleteStorageKey",
    ];

    private const string MissingTablesSql = """
        SELECT name FROM unnest($1::text[]) AS name
        WHERE NOT EXISTS (SELECT FROM pg_class WHERE relname = name AND relnamespace = current_schema()::regnamespace)
        """;

    private const string MissingKeysSql = """
        SELECT name FROM unnest($1::text[]) AS name WHERE NOT EXISTS (SELECT FROM OrleansQuery WHERE QueryKey = name)
        """;

    // One statement: a process that freezes on the way holds nothing.
    private const string EnterSql = $"""
        UPDATE node SET originator_id = $1, cluster_id = $2, service_id = $3, message_version = greatest(message_version, $4),
          signer = coalesce($5, signer), signer_at = now()
        WHERE coalesce(originator_id, $1) = $1 AND coalesce(cluster_id, $2) = $2 AND coalesce(service_id, $3) = $3
          AND abs(coalesce(message_version, $4) - $4) <= 1
          AND (coalesce(signer, $5) IS NOT DISTINCT FROM coalesce($5, signer)
            OR (signer_at < now() - interval '1 minute' AND NOT EXISTS ({LivingSql})))
        """;

    // A silo says every five seconds that it lives; 6 is dead.
    private const string LivingSql = "SELECT silo_name, cluster_id FROM cluster_member WHERE status < 6 AND alive_at > now() - interval '30 seconds'";

    private const string ReadSql = "SELECT originator_id, cluster_id, service_id, message_version, signer FROM node WHERE cluster_id IS NOT NULL";

    private const string ReadMembersSql = "SELECT silo_name, address, port, client_port FROM cluster_member WHERE cluster_id = $1 AND status = 3";

    private readonly NpgsqlDataSource _connections = PostgresSettings.ClusterSource(options.Value);

    public DbDataSource Connections => _connections;

    public async Task EnterAsync(ClusterIdentity identity, CancellationToken cancellationToken)
    {
        await CheckAsync(identity, cancellationToken);
        var entered = await PostgresCalls.GuardAsync(async () =>
        {
            await using var command = _connections.CreateCommand(EnterSql);
            command.Parameters.With((int)identity.Node.Value).With(identity.ClusterId).With(identity.ServiceId).With(identity.MessageVersion).With(identity.Signer);
            return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        });
        if (entered) return;
        var found = await CompareAsync(identity, cancellationToken); // another silo was entered meanwhile: says what differs from it
        if (found.Signer != identity.Signer)
        {
            throw new StoreException(
                $"The silos of node {found.Node} sign as {found.Signer}, and this key signs as {identity.Signer}: give the key of {found.Signer}. If that one was "
                + "wrong, stop all of them and start again a minute later.");
        }

        throw new StoreException("The database is damaged: table node is empty. Restore it from a backup.");
    }

    public async Task CheckAsync(ClusterIdentity identity, CancellationToken cancellationToken)
    {
        await RequireAsync("table", MissingTablesSql, Tables, cancellationToken);
        await RequireAsync("key in table OrleansQuery:", MissingKeysSql, Keys, cancellationToken);
        await CompareAsync(identity, cancellationToken);
    }

    public async Task CheckAloneAsync(CancellationToken cancellationToken)
    {
        var living = await PostgresCalls.GuardAsync(async () =>
        {
            await using var command = _connections.CreateCommand(LivingSql);
            return await command.AllAsync(static row => (Silo: row.GetString(0), Cluster: row.GetString(1)));
        }).WaitAsync(cancellationToken);
        if (living is not [var (silo, cluster), ..]) return;
        throw new StoreException(
            $"Silo {silo} of cluster {cluster} works on this database{(living.Count > 1 ? $", and {living.Count - 1} more" : "")}: stop the cluster (a silo that was "
            + "killed is forgotten after half a minute), or give another database.");
    }

    public Task<IReadOnlyList<ListedSilo>> ReadMembersAsync(string clusterId, CancellationToken cancellationToken) =>
        PostgresCalls.GuardRepeatableAsync<IReadOnlyList<ListedSilo>>(async () =>
        {
            await using var command = _connections.CreateCommand(ReadMembersSql);
            command.Parameters.With(clusterId);
            return await command.AllAsync(static row => new ListedSilo(row.GetString(0), row.GetString(1), row.GetInt32(2), row.GetInt32(3)));
        }).WaitAsync(cancellationToken);

    public ValueTask DisposeAsync() => _connections.DisposeAsync();

    private async Task RequireAsync(string what, string sql, string[] names, CancellationToken cancellationToken)
    {
        var missing = await PostgresCalls.GuardAsync(async () =>
        {
            await using var command = _connections.CreateCommand(sql);
            command.Parameters.With(names);
            return await command.AllAsync(static row => row.GetString(0));
        });
        if (missing.Count > 0)
        {
            throw new StoreException($"The database lacks what a cluster needs: {what} {string.Join(", ", missing)}. Restore it from a backup.");
        }
    }

    private async Task<ClusterIdentity> CompareAsync(ClusterIdentity identity, CancellationToken cancellationToken)
    {
        var found = await PostgresCalls.GuardAsync(async () =>
        {
            await using var command = _connections.CreateCommand(ReadSql);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            return await row.ReadAsync(cancellationToken)
                ? new ClusterIdentity(new((uint)row.GetInt32(0)), row.GetString(1), row.GetString(2), row.GetInt32(3), row.IsDBNull(4) ? null : row.GetString(4))
                : identity;
        });
        Same("node", found.Node.Value, identity.Node.Value, "Node:Id");
        Same("cluster", found.ClusterId, identity.ClusterId, "Cluster:Id");
        Same("service", found.ServiceId, identity.ServiceId, "Cluster:ServiceId");
        if (Math.Abs(found.MessageVersion - identity.MessageVersion) > 1)
        {
            throw new StoreException(
                $"The cluster speaks message version {found.MessageVersion}, this program {identity.MessageVersion}: only one step at a time is "
                + $"possible. Run a version that speaks {found.MessageVersion + Math.Sign(identity.MessageVersion - found.MessageVersion)} first.");
        }

        return found;
    }

    private static void Same<T>(string what, T found, T given, string setting)
        where T : IEquatable<T>
    {
        if (found.Equals(given)) return;
        throw new StoreException(
            $"The database belongs to {what} '{found}', not to '{given}': correct {setting}, or connect to the database of '{given}'.");
    }
}
