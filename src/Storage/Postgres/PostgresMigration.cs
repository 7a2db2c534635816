using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Brings a database to the schema of this version, for whoever does that apart from the processes that use it.</summary>
public static class PostgresMigration
{
    /// <summary>Applies what is missing, one step after the other; processes that do it at once take turns.</summary>
    /// <param name="options">Where the database is.</param>
    /// <param name="tell">Gets a line for each step, and one at the end.</param>
    /// <param name="cancellationToken">Stops between two steps; one under way is undone.</param>
    /// <exception cref="StoreException">The database cannot be used; the message is one line that says what to do.</exception>
    public static Task RunAsync(PostgresOptions options, Action<string> tell, CancellationToken cancellationToken) => PostgresCalls.GuardAsync(async () =>
    {
        await using var source = PostgresSettings.MaintenanceSource(options);
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await PostgresSettings.CheckAsync(connection, cancellationToken);
        await PostgresSchema.MigrateAsync(connection, tell, cancellationToken);
        await PostgresSchema.CheckAsync(connection, cancellationToken);
        tell("the database has the schema of this version");
        return true;
    });
}
