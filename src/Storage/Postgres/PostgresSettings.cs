using Npgsql;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Settings of connections, and those of the server without which an acknowledged commit may be lost (I3).</summary>
internal static class PostgresSettings
{
    private const int OldestVersion = 140_000;

    // Every statement is made for one plan: index walks from a few keys. The planner must neither weigh that anew with each parameter, nor
    // keep a plan that was good while the tables were empty.
    private const string SessionSettings =
        "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c enable_bitmapscan=off -c enable_hashjoin=off -c enable_mergejoin=off "
        + "-c jit=off -c default_transaction_isolation=read\\ committed -c synchronous_commit=on";

    private const string ReadSql = """
        SELECT current_setting('fsync'), current_setting('full_page_writes'), current_setting('synchronous_commit'),
          current_setting('server_version_num')::integer, pg_is_in_recovery(), current_schema()
        """;

    public static NpgsqlDataSource ReaderSource(PostgresOptions options) => Source(options, "reader", builder =>
    {
        builder.MaxPoolSize = options.ReaderConnections;
        builder.CommandTimeout = options.ReadTimeoutSeconds;
        builder.Options += $" -c statement_timeout={options.ReadTimeoutSeconds * 1000}";
    });

    public static NpgsqlDataSource WriterSource(PostgresOptions options) => Source(options, "writer", builder =>
    {
        builder.MaxPoolSize = options.WriterConnections;
        builder.CommandTimeout = options.CommitTimeoutSeconds;
        builder.Options += $" -c lock_timeout={options.CommitTimeoutSeconds * 1000}";
    });

    /// <summary>For the shared read of the marks, which every read waits for, and for the pulse: what takes all other connections must not keep them
    /// waiting. One more than the two need, as long as one that nobody waits for any more ends.</summary>
    public static NpgsqlDataSource MarksSource(PostgresOptions options) => Source(options, "marks", builder =>
    {
        builder.MaxPoolSize = 3;
        builder.CommandTimeout = options.CommitTimeoutSeconds;
    });

    /// <summary>For Orleans' providers, apart from all others: signs of life must not wait for the store's work.</summary>
    public static NpgsqlDataSource ClusterSource(PostgresOptions options) => Source(options, "cluster", builder =>
    {
        builder.MaxPoolSize = 4;
        builder.CommandTimeout = options.CommitTimeoutSeconds;
        builder.Options += $" -c statement_timeout={options.CommitTimeoutSeconds * 1000}";
    });

    /// <summary>For long work and for the one connection that listens: not pooled, no limit on a statement.</summary>
    public static NpgsqlDataSource MaintenanceSource(PostgresOptions options) => Source(options, "maintenance", builder =>
    {
        builder.Pooling = false;
        builder.CommandTimeout = 0;
        builder.KeepAlive = 5;
        builder.Options += " -c enable_seqscan=on -c enable_bitmapscan=on -c enable_hashjoin=on -c enable_mergejoin=on";
    });

    public static async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand(ReadSql, connection);
        await using var row = await read.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        Require(row, 0, "fsync");
        Require(row, 1, "full_page_writes");
        Require(row, 2, "synchronous_commit");
        if (row.GetInt32(3) < OldestVersion) throw new StoreException($"PostgreSQL {row.GetInt32(3) / 10_000} is too old; use 14 or newer.");
        if (row.GetBoolean(4)) throw new StoreException("This PostgreSQL is a standby, which cannot be written; connect to the primary.");
        if (row.IsDBNull(5)) throw new StoreException("The search path names no schema that exists; create it or correct the connection string.");
    }

    private static void Require(NpgsqlDataReader row, int column, string setting)
    {
        if (row.GetString(column) == "off")
        {
            throw new StoreException($"PostgreSQL runs with {setting} off and may lose what it acknowledged; set {setting} = on.");
        }
    }

    private static NpgsqlDataSource Source(PostgresOptions options, string role, Action<NpgsqlConnectionStringBuilder> configure)
    {
        var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString)
        {
            Timeout = options.ConnectTimeoutSeconds,
            CancellationTimeout = -1, // a call that ran out of time ends at once; asking the server to stop would wait for it
            MaxAutoPrepare = 64,
            AutoPrepareMinUsages = 2,
            Enlist = false,
            NoResetOnClose = true, // nothing here changes a session
        };
        builder.ApplicationName = $"{builder.ApplicationName ?? "xmtp"} {role}";
        builder.Options = $"{builder.Options} {SessionSettings}".Trim();
        configure(builder);
        return new NpgsqlDataSourceBuilder(builder.ConnectionString).Build();
    }
}
