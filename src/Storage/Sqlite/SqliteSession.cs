using SQLitePCL;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>One connection, used by one thread at a time, with the statements it has prepared.</summary>
internal sealed class SqliteSession : IDisposable
{
    private const int CheckpointNothing = -1; // SQLITE_CHECKPOINT_NOOP; the binding does not name it

    private readonly sqlite3 _connection;

    // Keyed by reference: every statement is a constant, so its text need not be hashed.
    private readonly Dictionary<object, SqliteStatement> _statements = new(ReferenceEqualityComparer.Instance);

    private SqliteSession(sqlite3 connection) => _connection = connection;

    /// <summary>Whether no transaction is open.</summary>
    public bool IsIdle => raw.sqlite3_get_autocommit(_connection) != 0;

    /// <summary>Rows that the last insert, update or delete changed.</summary>
    public int Changes => raw.sqlite3_changes(_connection);

    public static SqliteSession Open(string path, bool isReadOnly)
    {
        Batteries_V2.Init();
        var access = isReadOnly ? raw.SQLITE_OPEN_READONLY : raw.SQLITE_OPEN_READWRITE | raw.SQLITE_OPEN_CREATE;
        var code = raw.sqlite3_open_v2(path, out var connection, access | raw.SQLITE_OPEN_NOMUTEX, null);
        if (code != raw.SQLITE_OK)
        {
            var message = raw.sqlite3_errmsg(connection).utf8_to_string();
            connection.Dispose();
            throw new SqliteFailure(code, message);
        }

        _ = raw.sqlite3_extended_result_codes(connection, 1);
        return new SqliteSession(connection);
    }

    /// <summary>The prepared statement of a constant text, prepared on first use.</summary>
    public SqliteStatement Statement(string sql)
    {
        if (!_statements.TryGetValue(sql, out var statement)) _statements.Add(sql, statement = new SqliteStatement(_connection, sql));
        return statement;
    }

    /// <summary>A statement that is used once; the caller disposes of it.</summary>
    public SqliteStatement NewStatement(string sql) => new(_connection, sql);

    public void Execute(string sql) => Statement(sql).Execute();

    /// <summary>Runs a text of several statements, once.</summary>
    public void ExecuteScript(string sql) => Check(raw.sqlite3_exec(_connection, sql));

    /// <summary>The first column of the first row, or <see langword="null"/>.</summary>
    public string? Scalar(string sql)
    {
        using var statement = new SqliteStatement(_connection, sql);
        return statement.Step() ? statement.Text(0) : null;
    }

    /// <summary>Reads in one snapshot that ends with the read.</summary>
    public T Snapshot<T>(Func<SqliteSession, T> read)
    {
        Execute("BEGIN");
        try
        {
            return read(this);
        }
        finally
        {
            if (!IsIdle) Execute("COMMIT"); // some failures have ended it already
        }
    }

    /// <summary>Undoes an open transaction; SQLite has done so itself after some failures.</summary>
    public void RollBack()
    {
        if (!IsIdle) Execute("ROLLBACK");
    }

    /// <summary>Pages in the write-ahead log.</summary>
    public int LogPages()
    {
        Check(raw.sqlite3_wal_checkpoint_v2(_connection, "main", CheckpointNothing, out var pages, out _));
        return pages;
    }

    /// <summary>Copies what no reader still needs from the write-ahead log into the file. Returns how many of its pages are copied now.</summary>
    public int CopyLog()
    {
        Check(raw.sqlite3_wal_checkpoint_v2(_connection, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out var copied));
        return copied;
    }

    /// <summary>Copies the rest of the write-ahead log, flushes, and has the next commit begin the log anew; <see langword="false"/> when readers
    /// hold it for longer.</summary>
    public bool TryStartLogOver(TimeSpan waitForReaders)
    {
        _ = raw.sqlite3_busy_timeout(_connection, (int)waitForReaders.TotalMilliseconds);
        var code = raw.sqlite3_wal_checkpoint_v2(_connection, "main", raw.SQLITE_CHECKPOINT_RESTART, out _, out _);
        _ = raw.sqlite3_busy_timeout(_connection, SqliteSettings.BusyMilliseconds);
        if ((code & 0xff) == raw.SQLITE_BUSY) return false;
        Check(code);
        return true;
    }

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }

    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw new SqliteFailure(code, raw.sqlite3_errmsg(_connection).utf8_to_string());
    }
}
