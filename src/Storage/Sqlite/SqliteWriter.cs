using System.Collections.Concurrent;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>The one thread that writes a file. It takes all units of work that wait and commits them as one transaction with one flush;
/// each unit is undone alone when it fails.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private const int QueueCapacity = 4_096;

    // Bounds how long the first unit of a group waits for the last one.
    private const int GroupUnits = 256;

    private readonly string _path;
    private readonly SqliteSession _session;
    private readonly SqliteCheckpointer _checkpointer;
    private readonly Action<SqliteSession> _resynchronize;
    private readonly BlockingCollection<SqliteWork> _queue = new(QueueCapacity);
    private readonly List<SqliteWork> _group = [];
    private readonly Thread _thread;
    private StoreException? _broken; // once set, nothing is written any more; only the writer's thread touches it

    /// <param name="path">The file, for messages.</param>
    /// <param name="session">The connection; the writer owns it.</param>
    /// <param name="checkpointer">Keeps the write-ahead log short; the writer owns it, too.</param>
    /// <param name="resynchronize">Reads again what memory keeps of the file, after a commit whose end is not known.</param>
    public SqliteWriter(string path, SqliteSession session, SqliteCheckpointer checkpointer, Action<SqliteSession> resynchronize)
    {
        (_path, _session, _checkpointer, _resynchronize) = (path, session, checkpointer, resynchronize);
        _thread = new Thread(Loop) { IsBackground = true, Name = "sqlite writer" };
        _thread.Start();
    }

    /// <summary>Groups committed so far, each with one flush.</summary>
    public long CommittedGroups { get; private set; }

    /// <summary>Writes in the next group. What <paramref name="write"/> returns reaches the caller after the group is flushed.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> write, Action<T>? publish = null)
    {
        // Nothing cancels a commit: a caller that gives up stops waiting, that is all.
        var work = new SqliteWork<T>(write, publish, CancellationToken.None);
        try
        {
            if (_queue.TryAdd(work)) return work.Task;
        }
        catch (InvalidOperationException closed)
        {
            throw new StoreException($"{_path} is closed.", closed, isTransient: true);
        }

        throw new StoreException($"{_path}: too many commits wait.", innerException: null, isTransient: true);
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        _thread.Join();
        _queue.Dispose();
    }

    private void Loop()
    {
        using (_checkpointer)
        using (_session) // the last connection of the file: closing it folds what is left of the write-ahead log into the file
        {
            foreach (var first in _queue.GetConsumingEnumerable())
            {
                _group.Add(first);
                while (_group.Count < GroupUnits && _queue.TryTake(out var next))
                {
                    _group.Add(next);
                }

                CommitGroup();
                _group.Clear();
                TendLog();
            }

            _checkpointer.Stop();
        }
    }

    private void CommitGroup()
    {
        try
        {
            if (_broken is not null) throw _broken;
            _session.Execute("BEGIN IMMEDIATE");
            if (_group.Count == 1)
            {
                _group[0].Run(_session);
            }
            else
            {
                RunEach();
            }

            _session.Execute("COMMIT");
            CommittedGroups++;
        }
        catch (Exception failure)
        {
            FailGroup(failure);
            return;
        }

        // Durable, then visible, then answered (I3): all of the group is published before any of it is answered.
        foreach (var work in _group)
        {
            work.Publish();
        }

        foreach (var work in _group)
        {
            work.Complete();
        }
    }

    private void TendLog()
    {
        if (_broken is not null) return;
        try
        {
            _checkpointer.AfterCommit(_session);
        }
        catch (SqliteFailure failure)
        {
            // Otherwise, as on a full disk, nothing is lost: the log keeps what is not copied, and is tried again when it has grown.
            if (failure.IsFailedFlush || failure.IsDamage) _broken = Reported(failure);
        }
    }

    private void RunEach()
    {
        for (var index = 0; index < _group.Count; index++)
        {
            _session.Execute("SAVEPOINT unit");
            try
            {
                _group[index].Run(_session);
            }
            catch (Exception failure) when (!_session.IsIdle && failure is not SqliteFailure { IsConstraint: false })
            {
                _session.Execute("ROLLBACK TO unit");
                _group[index].Fail(Reported(failure));
                _group.RemoveAt(index--);
            }

            _session.Execute("RELEASE unit");
        }
    }

    private void FailGroup(Exception failure)
    {
        var reported = Reported(failure);
        try
        {
            _session.RollBack();
            _resynchronize(_session);
        }
        catch (SqliteFailure worse)
        {
            reported = worse.ToStoreException(_path);
        }

        if (failure is SqliteFailure { IsFailedFlush: true } or SqliteFailure { IsDamage: true }) _broken = reported;
        foreach (var work in _group)
        {
            work.Fail(reported);
        }
    }

    private StoreException Reported(Exception failure) => failure switch
    {
        StoreException known => known,
        SqliteFailure known => known.ToStoreException(_path),
        _ => new StoreException($"{_path}: a commit failed.", failure),
    };
}
