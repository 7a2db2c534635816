using System.Security.Cryptography;
using Npgsql;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Brings a database to the schema of this version; processes that start together take turns.</summary>
internal static class PostgresSchema
{
    private const string LockSql = "SELECT pg_advisory_lock(hashtextextended(current_schema() || '.migration', 0))";

    private const string UnlockSql = "SELECT pg_advisory_unlock(hashtextextended(current_schema() || '.migration', 0))";

    private const string CreateMigrationTableSql = """
        CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())
        """;

    public static async Task MigrateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, LockSql, cancellationToken);
        try
        {
            await ExecuteAsync(connection, CreateMigrationTableSql, cancellationToken);
            var applied = await ReadAppliedAsync(connection, cancellationToken);
            var migrations = Migration.Beside(typeof(PostgresSchema));
            if (applied > migrations[^1].Number)
            {
                throw new StoreException(
                    $"The database was written by a newer version (schema {applied}, this one knows {migrations[^1].Number}); start that version.");
            }

            foreach (var migration in migrations.Where(migration => migration.Number > applied))
            {
                await ApplyAsync(connection, migration, cancellationToken);
            }

            await using var insert = new NpgsqlCommand(SharedSql.InsertNode, connection);
            insert.Parameters.With(RandomNumberGenerator.GetBytes(16));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        finally
        {
            await ExecuteAsync(connection, UnlockSql, CancellationToken.None);
        }
    }

    private static async Task<int> ReadAppliedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("SELECT coalesce(max(number), 0) FROM migration", connection);
        return (int)(await read.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ApplyAsync(NpgsqlConnection connection, Migration migration, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, migration.Sql, cancellationToken);
        await using var insert = new NpgsqlCommand("INSERT INTO migration (number, name) VALUES ($1, $2)", connection, transaction);
        insert.Parameters.With(migration.Number).With(migration.Name);
        await insert.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
