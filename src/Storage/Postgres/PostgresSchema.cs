using System.Data;
using System.Security.Cryptography;
using Npgsql;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Brings a database to the schema of this version; processes that start together take turns.</summary>
internal static class PostgresSchema
{
    private const string LockSql = "SELECT pg_advisory_lock(hashtextextended(current_schema() || '.migration', 0))";

    private const string UnlockSql = "SELECT pg_advisory_unlock(hashtextextended(current_schema() || '.migration', 0))";

    private const string MigrationTableExistsSql = "SELECT to_regclass('migration') IS NOT NULL";

    private const string NodeExistsSql = "SELECT EXISTS (SELECT FROM node)";

    private const string CreateMigrationTableSql = """
        CREATE TABLE IF NOT EXISTS migration (number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());
        ALTER TABLE migration ADD COLUMN IF NOT EXISTS digest text
        """;

    // Through the row as JSON, since a database of an older version may lack the column.
    private const string ReadDigestsSql = "SELECT number, to_jsonb(migration) ->> 'digest' FROM migration";

    private const string NoteDigestSql = "UPDATE migration SET digest = $2 WHERE number = $1 AND digest IS NULL";

    private static readonly IReadOnlyList<Migration> Migrations = Migration.Beside(typeof(PostgresSchema));

    private static int Newest => Migrations[^1].Number;

    /// <summary>Applies what is missing.</summary>
    /// <param name="connection">A connection without a limit on statements.</param>
    /// <param name="tell">Gets a line for each step.</param>
    /// <param name="cancellationToken">Ends it between two steps, or in one, which is then undone.</param>
    public static async Task MigrateAsync(NpgsqlConnection connection, Action<string> tell, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, LockSql, cancellationToken);
        try
        {
            await ExecuteAsync(connection, CreateMigrationTableSql, cancellationToken);
            var applied = await ReadAppliedAsync(connection, cancellationToken);
            RefuseNewer(applied);
            await RefuseChangedAsync(connection, cancellationToken);
            foreach (var migration in Migrations.Where(migration => migration.Number > applied))
            {
                tell($"{migration.Name}: applying");
                await ApplyAsync(connection, migration, cancellationToken);
            }

            await NoteDigestsAsync(connection, cancellationToken);
            await using var insert = new NpgsqlCommand(SharedSql.InsertNode, connection);
            insert.Parameters.With(RandomNumberGenerator.GetBytes(16));
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }
        finally
        {
            // A connection that was lost holds no lock, and would hide why it was lost.
            if (connection.State == ConnectionState.Open) await ExecuteAsync(connection, UnlockSql, CancellationToken.None);
        }
    }

    /// <summary>Checks that the database has the schema of this version.</summary>
    /// <exception cref="StoreException">It has not: a newer one for good, an older one until somebody migrates it.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand(MigrationTableExistsSql, connection);
        var applied = (bool)(await exists.ExecuteScalarAsync(cancellationToken))! ? await ReadAppliedAsync(connection, cancellationToken) : 0;
        RefuseNewer(applied);
        if (applied < Newest)
        {
            throw new StoreException(
                $"The database has schema {applied} and this version needs {Newest}; run migrate.", innerException: null, isTransient: true);
        }

        await RefuseChangedAsync(connection, cancellationToken);

        // Whoever migrates writes it last.
        await using var prepared = new NpgsqlCommand(NodeExistsSql, connection);
        if (!(bool)(await prepared.ExecuteScalarAsync(cancellationToken))!)
        {
            throw new StoreException("The database is being migrated.", innerException: null, isTransient: true);
        }
    }

    private static void RefuseNewer(int applied)
    {
        if (applied <= Newest) return;
        throw new StoreException($"The database was written by a newer version (schema {applied}, this one knows {Newest}); start that version.");
    }

    // A step that is changed after it was applied would leave databases that say they are alike and are not.
    private static async Task RefuseChangedAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<int, string>();
        await using (var read = new NpgsqlCommand(ReadDigestsSql, connection))
        await using (var row = await read.ExecuteReaderAsync(cancellationToken))
        {
            while (await row.ReadAsync(cancellationToken))
            {
                if (!row.IsDBNull(1)) applied.Add(row.GetInt32(0), row.GetString(1));
            }
        }

        if (Migrations.FirstOrDefault(step => applied.TryGetValue(step.Number, out var digest) && digest != step.Digest) is not { } changed) return;
        throw new StoreException(
            $"The database's migration {changed.Name} is not the one of this program: it was changed after it was applied. Run the version that "
            + "made the database, or restore it from a backup.");
    }

    // Of what was applied before digests were kept, too: that was the text of this version.
    private static async Task NoteDigestsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var migration in Migrations)
        {
            await using var note = new NpgsqlCommand(NoteDigestSql, connection);
            note.Parameters.With(migration.Number).With(migration.Digest);
            await note.ExecuteNonQueryAsync(cancellationToken);
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
