using System.Security.Cryptography;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Brings a file to the schema of this version.</summary>
internal static class SqliteSchema
{
    private const string CreateMigrationTable =
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL) STRICT";

    public static void Migrate(SqliteSession session, string path, TimeProvider clock)
    {
        var application = session.Scalar("PRAGMA application_id");
        var isEmpty = session.Scalar("SELECT count(*) FROM sqlite_schema") == "0";
        if (!isEmpty && application != $"{SqliteSettings.ApplicationId}")
        {
            throw new StoreException($"{path} is a database of another program; name another file.");
        }

        if (isEmpty) session.ExecuteScript($"PRAGMA application_id = {SqliteSettings.ApplicationId}");
        session.ExecuteScript(CreateMigrationTable);

        var applied = int.Parse(session.Scalar("SELECT coalesce(max(number), 0) FROM migration")!);
        var migrations = Migration.Beside(typeof(SqliteSchema));
        if (applied > migrations[^1].Number)
        {
            throw new StoreException($"{path} was written by a newer version (schema {applied}, this one knows {migrations[^1].Number}); start that version.");
        }

        foreach (var migration in migrations.Where(migration => migration.Number > applied))
        {
            Apply(session, migration, clock);
        }

        using var insert = session.NewStatement(SharedSql.InsertNode);
        insert.Bind(1, RandomNumberGenerator.GetBytes(16)).Execute();
    }

    private static void Apply(SqliteSession session, Migration migration, TimeProvider clock)
    {
        session.ExecuteScript("BEGIN IMMEDIATE");
        try
        {
            session.ExecuteScript(migration.Sql);
            using (var insert = session.NewStatement("INSERT INTO migration (number, name, applied_at) VALUES ($1, $2, $3)"))
            {
                insert.Bind(1, migration.Number).Bind(2, migration.Name).Bind(3, clock.GetUtcNow().ToString("O")).Execute();
            }

            session.ExecuteScript("COMMIT");
        }
        finally
        {
            session.RollBack();
        }
    }
}
