using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>The one file of a node that runs in one process: its writer, its readers, and the marks as last committed.</summary>
internal sealed class SqliteDatabase(IOptions<SqliteOptions> options, TimeProvider clock) : INodeDatabase, IAsyncDisposable
{
    private const string ReadMarksSql = "SELECT originator_id, last_sequence_id FROM originator WHERE last_sequence_id > 0";

    private readonly string _path = Path.GetFullPath(options.Value.Path);
    private FileStream? _lock;
    private SqliteWriter? _writer;
    private SqliteReaders? _readers;
    private byte[]? _fingerprintKey;

    // Swapped by the writer's thread after a commit, and by opening before that thread starts.
    private volatile Cursor _marks = Cursor.Empty;

    /// <summary>The marks of all logs.</summary>
    public Cursor Marks => _marks;

    public SqliteWriter Writer => _writer ?? throw NotOpen();

    public SqliteReaders Readers => _readers ?? throw NotOpen();

    public byte[] FingerprintKey => _fingerprintKey ?? throw NotOpen();

    public TimeProvider Clock => clock;

    public LocalChainSignal LocalChainSignal { get; } = new(clock);

    public ExpiredStretches Expired { get; } = new();

    public Task OpenAsync(CancellationToken cancellationToken) => Task.Run(Open, cancellationToken);

    /// <summary>For the writer's thread only.</summary>
    public void Advance(OriginatorId originator, SequenceId mark) => _marks = _marks.Advance(originator, mark);

    public ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _readers, null)?.Dispose();
        Interlocked.Exchange(ref _writer, null)?.Dispose(); // last: closing the last connection folds the write-ahead log into the file
        Interlocked.Exchange(ref _lock, null)?.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Open()
    {
        if (_lock is not null) throw new StoreException($"{_path} is open already.");
        var sessions = new List<SqliteSession>();
        try
        {
            _lock = TakeLock();
            var writing = OpenSession(sessions, isReadOnly: false);
            SqliteSettings.ApplyToWriter(writing, _path, options.Value.WriterCacheMegabytes);
            SqliteSchema.Migrate(writing, _path, clock);
            SqliteCheckup.Run(writing, _path);
            ReadMarks(writing);
            _fingerprintKey = ReadFingerprintKey(writing);
            SqliteLocalChainStore.RaiseLast(writing, LocalChainSignal);
            while (sessions.Count <= options.Value.Readers)
            {
                SqliteSettings.ApplyToReader(OpenSession(sessions, isReadOnly: true), options.Value.ReaderCacheMegabytes);
            }

            var copying = OpenSession(sessions, isReadOnly: false);
            SqliteSettings.ApplyToWriter(copying, _path, cacheMegabytes: 1);
            _readers = new SqliteReaders(_path, sessions[1..^1]);
            _writer = new SqliteWriter(_path, writing, new SqliteCheckpointer(_path, copying, _readers), ReadMarks);
        }
        catch (Exception failure)
        {
            if (_writer is null)
            {
                sessions.ForEach(session => session.Dispose());
                _lock?.Dispose();
                _lock = null;
            }

            throw failure switch
            {
                StoreException => failure,
                SqliteFailure known => known.ToStoreException(_path),
                _ => new StoreException($"{_path} cannot be opened: {failure.Message}", failure),
            };
        }
    }

    // A second process would number from marks of its own. The lock goes with the process, however it ends.
    private FileStream TakeLock()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The folder of {_path} cannot be created: {failure.Message} Name a folder that can be written.",
                failure);
        }

        try
        {
            return new FileStream(_path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException failure)
        {
            throw new StoreException($"{_path}.lock cannot be written: {failure.Message} Name a folder that can be written.", failure);
        }
        catch (IOException failure)
        {
            throw new StoreException($"{_path} is in use by another process; stop it or name another file.", failure);
        }
    }

    private SqliteSession OpenSession(List<SqliteSession> sessions, bool isReadOnly)
    {
        var session = SqliteSession.Open(_path, isReadOnly);
        sessions.Add(session);
        return session;
    }

    private void ReadMarks(SqliteSession session)
    {
        using var statement = session.NewStatement(ReadMarksSql);
        var marks = new List<KeyValuePair<OriginatorId, SequenceId>>();
        while (statement.Step())
        {
            marks.Add(new(new OriginatorId((uint)statement.Integer(0)), new SequenceId((ulong)statement.Integer(1))));
        }

        _marks = Cursor.Of(marks);
    }

    private byte[] ReadFingerprintKey(SqliteSession session)
    {
        using var statement = session.NewStatement(SharedSql.ReadFingerprintKey);
        return statement.Step() && statement.Blob(0) is { Length: 16 } key
            ? key.ToArray()
            : throw new StoreException($"{_path} is damaged: table node: it has no fingerprint key. Restore it from a backup.");
    }

    private StoreException NotOpen() => new($"{_path} is not open.");
}
