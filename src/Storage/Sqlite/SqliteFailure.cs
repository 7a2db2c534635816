using SQLitePCL;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>A result code of SQLite that is not success.</summary>
internal sealed class SqliteFailure(int code, string message) : Exception($"SQLite error {code}: {message}")
{
    private const int PrimaryMask = 0xff;

    /// <summary>A flush of ours that failed, as SQLite names its own.</summary>
    public static SqliteFailure Flush(string message) => new(raw.SQLITE_IOERR_FSYNC, message);

    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    public bool IsConstraint => (Code & PrimaryMask) == raw.SQLITE_CONSTRAINT;

    public bool IsDamage => (Code & PrimaryMask) is raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB;

    /// <summary>Whether a flush failed: what the system then still holds of the file is unknown, and a later flush may wrongly
    /// succeed.</summary>
    public bool IsFailedFlush => Code is raw.SQLITE_IOERR_FSYNC or raw.SQLITE_IOERR_DIR_FSYNC;

    private bool IsTransient => !IsFailedFlush && (Code & PrimaryMask) is raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_BUSY
        or raw.SQLITE_LOCKED or raw.SQLITE_NOMEM or raw.SQLITE_CANTOPEN or raw.SQLITE_INTERRUPT;

    public StoreException ToStoreException(string path) => new(
        (Code & PrimaryMask) switch
        {
            raw.SQLITE_FULL => $"{path}: the disk is full; free some space.",
            raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => $"{path} is damaged ({Message}); restore it from a backup.",
            _ when IsFailedFlush => $"{path}: flushing to disk failed; check the disk, then start again.",
            _ => $"{path}: {Message}.",
        },
        this,
        IsTransient);
}
