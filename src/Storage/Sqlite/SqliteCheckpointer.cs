using Microsoft.Win32.SafeHandles;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Copies the write-ahead log into the file on a thread and a connection of its own, while the writer goes on. What the writer adds
/// meanwhile is copied again, until little is left; that little, and starting the log over, are the writer's own between two commits.</summary>
internal sealed class SqliteCheckpointer : IDisposable
{
    /// <summary>Pages in the log that start a copy. Fewer copy the same pages more often; more make a start after a kill read more.</summary>
    public const int StartPages = 8_000;

    // So many take the writer a few milliseconds.
    private const int PagesLeftToWriter = 500;

    // A writer that is faster than the copy must not keep it going for ever.
    private const int MostPasses = 8;

    // Reads in progress hold the log, too: ours are over in a moment. A foreign one may last, so that later attempts are further and further apart.
    private static readonly TimeSpan WaitForReaders = TimeSpan.FromMilliseconds(50);

    private readonly SqliteReaders _readers;
    private readonly SqliteSession _session;
    private readonly SafeFileHandle _file;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private volatile Phase _phase; // the writer's thread moves it on from Resting and Copied, ours from Copying
    private volatile SqliteFailure? _failure;
    private volatile bool _isStopping;
    private int _startAt = StartPages; // the writer's thread only

    /// <param name="path">The file.</param>
    /// <param name="session">A connection that may write; the checkpointer owns it.</param>
    /// <param name="readers">Those who read the file in this process.</param>
    public SqliteCheckpointer(string path, SqliteSession session, SqliteReaders readers)
    {
        (_session, _readers) = (session, readers);
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _thread = new Thread(Loop) { IsBackground = true, Name = "sqlite checkpoint" };
        _thread.Start();
    }

    private enum Phase
    {
        Resting,
        Copying,
        Copied,
    }

    /// <summary>For the writer's thread, between two transactions: begins a copy, or ends it and has the log start over. Throws when the file
    /// can no longer be relied on.</summary>
    public void AfterCommit(SqliteSession writer)
    {
        if (_failure is { } failure) throw failure;
        if (_phase == Phase.Copying || (_phase == Phase.Resting && writer.LogPages() < _startAt)) return;
        if (_phase == Phase.Copied)
        {
            _phase = Phase.Resting;
            _startAt = writer.LogPages() * 3 / 2; // also when the next line throws
            // Reads that take over from each other leave no moment in which nobody holds the log, so that no other may begin.
            if (_readers.WithoutNew(() => writer.TryStartLogOver(WaitForReaders))) _startAt = StartPages;
            return;
        }

        _phase = Phase.Copying;
        _wake.Set();
    }

    /// <summary>Ends the thread and its connection.</summary>
    public void Stop()
    {
        _isStopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    /// <summary>For after the last connection is closed: closing any descriptor of the file drops all locks that the process has on it.</summary>
    public void Dispose() => _file.Dispose();

    private void Loop()
    {
        using (_session)
        {
            while (_wake.WaitOne() && !_isStopping)
            {
                try
                {
                    Copy();
                }
                catch (SqliteFailure failure)
                {
                    // After another failure, such as a full disk, the log keeps what is not copied, and the next copy takes it along.
                    if (failure.IsFailedFlush || failure.IsDamage) _failure = failure;
                }
                catch (IOException failure)
                {
                    _failure = SqliteFailure.Flush(failure.Message);
                }

                _phase = Phase.Copied;
            }
        }
    }

    private void Copy()
    {
        var copied = 0;
        for (var pass = 0; pass < MostPasses && !_isStopping; pass++)
        {
            var before = copied;
            copied = _session.CopyLog();
            RandomAccess.FlushToDisk(_file); // SQLite itself flushes only after the very last page of the log
            if (copied - before < PagesLeftToWriter || _session.LogPages() - copied < PagesLeftToWriter) return;
        }
    }
}
