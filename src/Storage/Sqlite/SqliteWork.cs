using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>Something one of the store's threads does with its connection while the caller waits.</summary>
internal abstract class SqliteWork
{
    public abstract bool IsAbandoned { get; }

    /// <summary>Does it; throws <see cref="SqliteFailure"/>, and then is not complete yet.</summary>
    public abstract void Run(SqliteSession session);

    /// <summary>For writes: what memory learns once the transaction is durable, before the caller does. Runs on the writer's
    /// thread.</summary>
    public abstract void Publish();

    public abstract void Complete();

    public abstract void Fail(Exception failure);
}

internal sealed class SqliteWork<T>(Func<SqliteSession, T> run, Action<T>? publish, CancellationToken cancellationToken) : SqliteWork
{
    // Continuations must not run on the store's threads.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _completion.Task;

    public override bool IsAbandoned => cancellationToken.IsCancellationRequested;

    public override void Run(SqliteSession session) => _result = run(session);

    public override void Publish() => publish?.Invoke(_result);

    public override void Complete() => _completion.TrySetResult(_result);

    public override void Fail(Exception failure) => _completion.TrySetException(failure);
}
