using System.Runtime.CompilerServices;
using SQLitePCL;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>One prepared statement of one connection. Parameters are <c>$1</c>, <c>$2</c>, …; a run binds them, steps and resets.</summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _statement;
    private readonly int[] _positions; // of $n, as SQLite numbers parameters by their first place in the text

    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        var code = raw.sqlite3_prepare_v3(connection, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement);
        if (code != raw.SQLITE_OK) throw Failure();
        _positions = new int[raw.sqlite3_bind_parameter_count(_statement) + 1];
        for (var number = 1; number < _positions.Length; number++)
        {
            _positions[number] = raw.sqlite3_bind_parameter_index(_statement, $"${number}");
        }
    }

    public SqliteStatement Bind(int number, long value)
    {
        Check(raw.sqlite3_bind_int64(_statement, _positions[number], value));
        return this;
    }

    public SqliteStatement Bind(int number, ReadOnlySpan<byte> value)
    {
        Check(value.IsEmpty
            ? raw.sqlite3_bind_zeroblob(_statement, _positions[number], 0)
            : raw.sqlite3_bind_blob(_statement, _positions[number], value));
        return this;
    }

    public SqliteStatement Bind(int number, string value)
    {
        Check(raw.sqlite3_bind_text(_statement, _positions[number], value));
        return this;
    }

    public SqliteStatement BindNull(int number)
    {
        Check(raw.sqlite3_bind_null(_statement, _positions[number]));
        return this;
    }

    /// <summary>Moves to the next row; <see langword="false"/> at the end.</summary>
    public bool Step()
    {
        var code = raw.sqlite3_step(_statement);
        return code == raw.SQLITE_ROW || (code == raw.SQLITE_DONE ? false : throw Failure());
    }

    /// <summary>Ends the run, so that the statement holds no snapshot and can be bound again.</summary>
    public void Reset() => _ = raw.sqlite3_reset(_statement); // repeats the code of the step that failed

    /// <summary>Runs a statement that returns nothing.</summary>
    public void Execute()
    {
        try
        {
            while (Step())
            {
            }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs a query for its first row; the default when there is none.</summary>
    public T? First<T>(Func<SqliteStatement, T> read)
    {
        try
        {
            if (!Step()) return default;
            var value = read(this);
            while (Step())
            {
            }

            return value;
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs a query for all its rows.</summary>
    public List<T> All<T>(Func<SqliteStatement, T> read)
    {
        var rows = new List<T>();
        try
        {
            while (Step())
            {
                rows.Add(read(this));
            }
        }
        finally
        {
            Reset();
        }

        return rows;
    }

    public int ColumnCount => raw.sqlite3_column_count(_statement);

    public long Integer(int column) => raw.sqlite3_column_int64(_statement, column);

    /// <summary>Valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column) => raw.sqlite3_column_blob(_statement, column);

    public string Text(int column) => raw.sqlite3_column_text(_statement, column).utf8_to_string();

    public void Dispose() => _statement.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Check(int code)
    {
        if (code != raw.SQLITE_OK) throw Failure();
    }

    private SqliteFailure Failure() => new(raw.sqlite3_extended_errcode(_connection), raw.sqlite3_errmsg(_connection).utf8_to_string());
}
