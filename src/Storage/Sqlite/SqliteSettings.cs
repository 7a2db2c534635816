using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Settings of a connection, read back after they were set: what is acknowledged is on disk only when they hold (I3).</summary>
internal static class SqliteSettings
{
    /// <summary>Marks the file as ours: "XMTP".</summary>
    public const int ApplicationId = 0x584D5450;

    /// <summary>How long a connection waits for a lock that another one holds.</summary>
    public const int BusyMilliseconds = 5_000;

    // What the log may keep on disk once it starts over; it is longer only when readers held it.
    private const int LogBytesKept = 128 * 1024 * 1024;

    /// <summary>For every connection that writes, into the log or from the log into the file.</summary>
    public static void ApplyToWriter(SqliteSession session, string path, int cacheMegabytes)
    {
        session.ExecuteScript($"""
            PRAGMA busy_timeout = {BusyMilliseconds};
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA fullfsync = ON;
            PRAGMA checkpoint_fullfsync = ON;
            PRAGMA wal_autocheckpoint = 0;
            PRAGMA journal_size_limit = {LogBytesKept};
            PRAGMA temp_store = MEMORY;
            PRAGMA cache_size = -{cacheMegabytes * 1024};
            """);
        Require(session, path, "journal_mode", "wal");
        Require(session, path, "synchronous", "2");
        Require(session, path, "fullfsync", "1");
        Require(session, path, "checkpoint_fullfsync", "1");
        Require(session, path, "wal_autocheckpoint", "0");
    }

    public static void ApplyToReader(SqliteSession session, int cacheMegabytes) => session.ExecuteScript($"""
        PRAGMA busy_timeout = {BusyMilliseconds};
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
