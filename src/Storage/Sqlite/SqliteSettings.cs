using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Settings of a connection, read back after they were set: what is acknowledged is on disk only when they hold (I3).</summary>
internal static class SqliteSettings
{
    /// <summary>Marks the file as ours: "XMTP".</summary>
    public const int ApplicationId = 0x584D5450;

    /// <summary>Pages in the write-ahead log that start a checkpoint; measured 10 to 17 % more rows than with the default of
    /// 1,000.</summary>
    public const int CheckpointPages = 8_000;

    public static void ApplyToWriter(SqliteSession session, string path, int cacheMegabytes)
    {
        session.ExecuteScript($"""
            PRAGMA busy_timeout = 5000;
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA fullfsync = ON;
            PRAGMA checkpoint_fullfsync = ON;
            PRAGMA wal_autocheckpoint = {CheckpointPages};
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -{cacheMegabytes * 1024};
            """);
        Require(session, path, "journal_mode", "wal");
        Require(session, path, "synchronous", "2");
        Require(session, path, "fullfsync", "1");
        Require(session, path, "checkpoint_fullfsync", "1");
        Require(session, path, "wal_autocheckpoint", $"{CheckpointPages}");
    }

    public static void ApplyToReader(SqliteSession session, int cacheMegabytes) => session.ExecuteScript($"""
        PRAGMA busy_timeout = 5000;
        PRAGMA query_only = ON;
        PRAGMA temp_store = MEMORY;
        PRAGMA cache_size = -{cacheMegabytes * 1024};
        """);

    private static void Require(SqliteSession session, string path, string setting, string value)
    {
        var actual = session.Scalar($"PRAGMA {setting}");
        if (actual != value)
        {
            throw new StoreException($"{path}: {setting} is {actual} and cannot be set to {value}; use a local file system that supports it.");
        }
    }
}
