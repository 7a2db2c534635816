using System.Security.Cryptography;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Brings a file to the schema of this version.</summary>
internal static class SqliteSchema
{
    private const string CreateMigrationTable =
        "CREATE TABLE IF NOT EXISTS migration (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL, digest TEXT) STRICT";

    private const string HasDigestsSql = "SELECT count(*) FROM pragma_table_info('migration') WHERE name = 'digest'";

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
        if (session.Scalar(HasDigestsSql) == "0") session.ExecuteScript("ALTER TABLE migration ADD COLUMN digest TEXT");

        var applied = int.Parse(session.Scalar("SELECT coalesce(max(number), 0) FROM migration")!);
        var migrations = Migration.Beside(typeof(SqliteSchema));
        if (applied > migrations[^1].Number)
        {
            throw new StoreException($"{path} was written by a newer version (schema {applied}, this one knows {migrations[^1].Number}); start that version.");
        }

        RefuseChanged(session, path, migrations);
        foreach (var migration in migrations.Where(migration => migration.Number > applied))
        {
            Apply(session, migration, clock);
        }

        NoteDigests(session, migrations);
        using var insert = session.NewStatement(SharedSql.InsertNode);
        insert.Bind(1, RandomNumberGenerator.GetBytes(16)).Execute();
    }

    // A step that is changed after it was applied would leave files that say they are alike and are not.
    private static void RefuseChanged(SqliteSession session, string path, IReadOnlyList<Migration> migrations)
    {
        using var read = session.NewStatement("SELECT number, digest FROM migration WHERE digest IS NOT NULL");
        var applied = read.All(row => (Number: row.Integer(0), Digest: row.Text(1))).ToDictionary(step => step.Number, step => step.Digest);
        if (migrations.FirstOrDefault(step => applied.TryGetValue(step.Number, out var digest) && digest != step.Digest) is not { } changed) return;
        throw new StoreException(
            $"{path}: its migration {changed.Name} is not the one of this program: it was changed after it was applied. Run the version that "
            + "made the file, or restore it from a backup.");
    }

    // Of what was applied before digests were kept, too: that was the text of this version.
    private static void NoteDigests(SqliteSession session, IReadOnlyList<Migration> migrations)
    {
        foreach (var migration in migrations)
        {
            using var note = session.NewStatement("UPDATE migration SET digest = $2 WHERE number = $1 AND digest IS NULL");
            note.Bind(1, migration.Number).Bind(2, migration.Digest).Execute();
        }
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
