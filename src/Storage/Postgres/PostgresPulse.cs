using System.Net.Sockets;
using Npgsql;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Whether the server answers at all. That a call waits is no sign: it may be large, or wait for a lock or a disk. So while calls wait, a
/// question that needs nothing is asked beside them, again and again. When that is not answered either, all who may stop waiting are told, and
/// who comes is refused at once, until it is.</summary>
/// <remarks>What was sent is not called back: a server that was frozen does it when it wakes up. Fences and fingerprints make that harmless.</remarks>
internal sealed class PostgresPulse : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly Func<Task> _ask;
    private readonly TimeSpan _longestSilence;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private volatile CancellationTokenSource _silence = new();
    private Task _asking = Task.CompletedTask;
    private int _waiting;

    /// <summary>A pulse that asks nothing before <see cref="Start"/>.</summary>
    /// <param name="ask">Asks once, over a connection of its own; fails within a few seconds.</param>
    /// <param name="longestSilence">How long an answer may take.</param>
    /// <param name="clock">The time.</param>
    public PostgresPulse(Func<Task> ask, TimeSpan longestSilence, TimeProvider clock) =>
        (_ask, _longestSilence, _clock) = (ask, longestSilence, clock);

    /// <summary>Asks from now on whenever somebody waits.</summary>
    public void Start() => _asking = AskAsync();

    /// <summary>Waits for a call; the wait ends early when the server falls silent, the call does not.</summary>
    /// <exception cref="StoreException">Among others: the server is silent.</exception>
    public async Task<T> WaitAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var silence = _silence;
        if (silence.IsCancellationRequested) throw Silent();
        Interlocked.Increment(ref _waiting);
        try
        {
            if (!cancellationToken.CanBeCanceled) return await call().WaitAsync(silence.Token);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
            return await call().WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (silence.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Silent();
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Waits for a call to its end, whatever the server does meanwhile.</summary>
    /// <exception cref="StoreException">Among others: the server was silent before.</exception>
    public async Task<T> WaitToEndAsync<T>(Func<Task<T>> call)
    {
        if (_silence.IsCancellationRequested) throw Silent();
        Interlocked.Increment(ref _waiting);
        try
        {
            return await call();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _asking;
        _stop.Dispose();
        _silence.Dispose();
    }

    private static StoreException Silent() => new(
        "PostgreSQL does not answer; look whether it runs, and check the network.", innerException: null, isTransient: true);

    private async Task AskAsync()
    {
        using var timer = new PeriodicTimer(Beat, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (Volatile.Read(ref _waiting) == 0) continue;
                var answered = IsAnsweredAsync();
                if (await answered.EndsWithinAsync(_longestSilence, _clock, _stop.Token) && await answered) continue;
                await _silence.CancelAsync();
                while (!await answered.WaitAsync(_stop.Token)) answered = IsAnsweredAsync();
                _silence = new CancellationTokenSource(); // the one before may still be looked at
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The database is closed.
        }
    }

    // A refusal is an answer, whoever gives it: then calls get it, too, and need nobody to end them.
    private async Task<bool> IsAnsweredAsync()
    {
        try
        {
            await _ask();
            return true;
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or SocketException or IOException or ObjectDisposedException)
        {
            return failure is not TimeoutException and not { InnerException: TimeoutException or SocketException { SocketErrorCode: SocketError.TimedOut } };
        }
    }
}
