using System.Collections.Concurrent;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>A few threads with a read-only connection each. The driver is synchronous, so reads must not sit on threads of the
/// pool.</summary>
internal sealed class SqliteReaders : IDisposable
{
    private const int QueueCapacity = 16_384;

    private readonly string _path;
    private readonly BlockingCollection<SqliteWork> _queue = new(QueueCapacity);
    private readonly Thread[] _threads;
    private readonly ManualResetEventSlim _mayBegin = new(initialState: true);

    public SqliteReaders(string path, IReadOnlyList<SqliteSession> sessions)
    {
        _path = path;
        _threads = [.. sessions.Select((session, index) =>
            new Thread(() => Loop(session)) { IsBackground = true, Name = $"sqlite reader {index}" })];
        foreach (var thread in _threads)
        {
            thread.Start();
        }
    }

    public async Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var work = new SqliteWork<T>(read, publish: null, cancellationToken);
        Enqueue(work);
        return await work.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Lets the reads in progress end and begins no other while <paramref name="action"/> runs, which must be short.</summary>
    public T WithoutNew<T>(Func<T> action)
    {
        _mayBegin.Reset();
        try
        {
            return action();
        }
        finally
        {
            _mayBegin.Set();
        }
    }

    public void Dispose()
    {
        _queue.CompleteAdding();
        foreach (var thread in _threads)
        {
            thread.Join();
        }

        _queue.Dispose();
        // _mayBegin needs no disposal, and the writer, which is closed later, may still use it.
    }

    private void Enqueue(SqliteWork work)
    {
        try
        {
            if (_queue.TryAdd(work)) return;
        }
        catch (InvalidOperationException closed)
        {
            throw new StoreException($"{_path} is closed.", closed, isTransient: true);
        }

        throw new StoreException($"{_path}: too many reads wait.", innerException: null, isTransient: true);
    }

    private void Loop(SqliteSession session)
    {
        using (session)
        {
            foreach (var work in _queue.GetConsumingEnumerable())
            {
                _mayBegin.Wait();
                if (work.IsAbandoned)
                {
                    work.Fail(new OperationCanceledException());
                    continue;
                }

                try
                {
                    work.Run(session);
                    work.Complete();
                }
                catch (SqliteFailure failure)
                {
                    work.Fail(failure.ToStoreException(_path));
                }
                catch (Exception failure) // a bug, or no memory: this read fails, the thread goes on with the next
                {
                    work.Fail(new StoreException($"{_path}: a read failed.", failure));
                }
            }
        }
    }
}
