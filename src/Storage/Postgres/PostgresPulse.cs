using System.Net.Sockets;
using Npgsql;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>Whether the server, and the disk below it, answer at all. That a call waits is no sign: it may be large, or wait for a lock. So while
/// calls wait, a question that needs nothing is asked beside them, again and again. When that is not answered either, all who may stop waiting are
/// told, and who comes is refused at once, until it is. Beside calls that wait for longer something small is written: when that does not
/// reach the disk either, they are told, too; who comes may find in the server's memory what it needs.</summary>
/// <remarks>What was sent is not called back: a server that was frozen does it when it wakes up. Fences and fingerprints make that harmless.</remarks>
internal sealed class PostgresPulse : IAsyncDisposable
{
    private const string SilentText = "PostgreSQL does not answer; look whether it runs, and check the network.";

    private const string StuckText = "PostgreSQL answers, but nothing reaches its disk; look at the disk.";

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100);

    private readonly Func<Task> _ask;
    private readonly Func<Task> _write;
    private readonly TimeSpan _longestSilence;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new(); // over the two below, for whoever changes them
    private readonly List<Waiters> _older = [];
    private Waiters _newest = new();
    private volatile bool _isSilent;
    private int _commits;
    private Task _asking = Task.CompletedTask;
    private Task _writing = Task.CompletedTask;

    /// <summary>A pulse that asks nothing before <see cref="Start"/>.</summary>
    /// <param name="ask">Asks once, over a connection of its own; fails within a few seconds.</param>
    /// <param name="write">Commits something small; fails within a few seconds.</param>
    /// <param name="longestSilence">How long an answer may take.</param>
    /// <param name="clock">The time.</param>
    public PostgresPulse(Func<Task> ask, Func<Task> write, TimeSpan longestSilence, TimeProvider clock) =>
        (_ask, _write, _longestSilence, _clock) = (ask, write, longestSilence, clock);

    /// <summary>Asks from now on whenever somebody waits.</summary>
    public void Start() => (_asking, _writing) = (AskAsync(), WriteAsync());

    /// <summary>Waits for a call; the wait ends early when the server or its disk falls silent, the call does not.</summary>
    /// <exception cref="StoreException">Among others: the server is silent.</exception>
    public async Task<T> WaitAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var waiters = Enter();
        try
        {
            if (_isSilent) throw Refusal(SilentText); // after entering: whoever enters later than all were told must see it
            if (!cancellationToken.CanBeCanceled) return await call().WaitAsync(waiters.Token);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, waiters.Token);
            return await call().WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (waiters.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Refusal(waiters.Why);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
        finally
        {
            waiters.Leave();
        }
    }

    /// <summary>Waits for a call to its end, whatever the server does meanwhile.</summary>
    /// <exception cref="StoreException">Among others: the server was silent before.</exception>
    public async Task<T> WaitToEndAsync<T>(Func<Task<T>> call)
    {
        if (_isSilent) throw Refusal(SilentText);
        Interlocked.Increment(ref _commits);
        try
        {
            return await call();
        }
        finally
        {
            Interlocked.Decrement(ref _commits);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_asking, _writing);
        _stop.Dispose();
    }

    private static StoreException Refusal(string why) => new(why, innerException: null, isTransient: true);

    private Waiters Enter()
    {
        while (true)
        {
            var waiters = Volatile.Read(ref _newest);
            waiters.Enter();
            if (Volatile.Read(ref _newest) == waiters) return waiters;
            waiters.Leave(); // replaced meanwhile, and perhaps forgotten already
        }
    }

    private async Task AskAsync()
    {
        using var timer = new PeriodicTimer(Beat, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (!AnybodyWaits()) continue;
                var answered = IsAnsweredAsync(_ask);
                if (await answered.EndsWithinAsync(_longestSilence, _clock, _stop.Token) && await answered) continue;
                _isSilent = true;
                TellAll();
                while (!await answered.WaitAsync(_stop.Token)) answered = IsAnsweredAsync(_ask);
                _isSilent = false;
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The database is closed.
        }
    }

    private async Task WriteAsync()
    {
        using var timer = new PeriodicTimer(_longestSilence / 2, _clock);
        var written = Task.FromResult(true);
        var isStuck = false;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var waiting = Turn();
                if (waiting.Count == 0 || _isSilent) continue;
                if (written.IsCompleted) written = IsAnsweredAsync(_write);
                if (!isStuck) await written.EndsWithinAsync(_longestSilence * 2, _clock, _stop.Token); // busy is not hung
                isStuck = !written.IsCompleted || !await written;
                if (isStuck) waiting.ForEach(static waiters => waiters.Tell(StuckText));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The database is closed.
        }
    }

    // Those who have waited since the turn before the last one, or for longer.
    private List<Waiters> Turn()
    {
        lock (_gate)
        {
            _older.RemoveAll(static waiters => waiters.IsEmpty);
            var waiting = _older.ToList();
            if (!_newest.IsEmpty) _older.Add(Interlocked.Exchange(ref _newest, new Waiters()));
            return waiting;
        }
    }

    private void TellAll()
    {
        lock (_gate)
        {
            _older.Add(Interlocked.Exchange(ref _newest, new Waiters()));
            _older.ForEach(static waiters => waiters.Tell(SilentText));
            _older.Clear();
        }
    }

    private bool AnybodyWaits()
    {
        lock (_gate)
        {
            return Volatile.Read(ref _commits) > 0 || !_newest.IsEmpty || _older.Exists(static waiters => !waiters.IsEmpty);
        }
    }

    // A refusal is an answer, whoever gives it: then calls get it, too, and need nobody to end them.
    private static async Task<bool> IsAnsweredAsync(Func<Task> ask)
    {
        try
        {
            await ask();
            return true;
        }
        catch (Exception failure) when (failure is NpgsqlException or TimeoutException or SocketException or IOException or ObjectDisposedException)
        {
            return failure is not TimeoutException and not { InnerException: TimeoutException or SocketException { SocketErrorCode: SocketError.TimedOut } };
        }
    }

    // Calls that began to wait within the same short time, so that they are told together. Has no timer, so nothing has to be disposed of.
    private sealed class Waiters : CancellationTokenSource
    {
        private int _count;

        public string Why { get; private set; } = "";

        public bool IsEmpty => Volatile.Read(ref _count) == 0;

        public void Enter() => Interlocked.Increment(ref _count);

        public void Leave() => Interlocked.Decrement(ref _count);

        public void Tell(string why)
        {
            if (IsCancellationRequested) return;
            Why = why;
            Cancel();
        }
    }
}
