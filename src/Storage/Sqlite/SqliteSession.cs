using SQLitePCL;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>One connection, used by one thread at a time, with the statements it has prepared.</summary>
internal sealed class SqliteSession : IDisposable
{
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
    public void ExecuteScript(string sql)
    {
        var code = raw.sqlite3_exec(_connection, sql);
        if (code != raw.SQLITE_OK) throw new SqliteFailure(code, raw.sqlite3_errmsg(_connection).utf8_to_string());
    }

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

    public void Dispose()
    {
        foreach (var statement in _statements.Values)
        {
            statement.Dispose();
        }

        _connection.Dispose();
    }
}
