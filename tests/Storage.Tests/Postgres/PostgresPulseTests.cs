using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Storage.Postgres;

namespace XmtpOrleans.Storage.Tests.Postgres;

public sealed class PostgresPulseTests : IAsyncDisposable
{
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);

    private readonly FakeTimeProvider _clock = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<TaskCompletionSource> _asked = new();
    private readonly TaskCompletionSource<int> _call = new();
    private readonly PostgresPulse _pulse;
    private Func<Task> _write = static () => Task.CompletedTask;

    public PostgresPulseTests()
    {
        _pulse = new PostgresPulse(AskAsync, () => _write(), Silence, _clock);
        _pulse.Start();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _pulse.DisposeAsync();

    [Fact]
    public async Task Nobody_Waits_NothingIsAsked()
    {
        await PassAsync(TimeSpan.FromSeconds(5));

        Assert.Empty(_asked);
    }

    [Fact]
    public async Task Call_WaitsLongWhileTheServerAnswers_IsAnswered()
    {
        var call = _pulse.WaitAsync(() => _call.Task, Cancellation);
        for (var second = 0; second < 5; second++)
        {
            await PassAsync(TimeSpan.FromSeconds(0.3));
            Answer();
        }

        Assert.False(call.IsCompleted);
        _call.SetResult(7);
        Assert.Equal(7, await call);
    }

    [Fact]
    public async Task Server_Silent_EndsTheWaitAndRefusesAtOnceUntilItAnswers()
    {
        var call = _pulse.WaitAsync(() => _call.Task, Cancellation);
        await PassUntilAsync(() => call.IsCompleted);
        Assert.True((await Assert.ThrowsAsync<StoreException>(() => call)).IsTransient);

        var count = 0;
        await Assert.ThrowsAsync<StoreException>(() => _pulse.WaitAsync(() => Task.FromResult(++count), Cancellation));
        await Assert.ThrowsAsync<StoreException>(() => _pulse.WaitToEndAsync(() => Task.FromResult(++count)));
        Assert.Equal(0, count);

        Answer();
        await PassUntilAsync(() => _pulse.WaitAsync(() => Task.FromResult(++count), Cancellation).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Server_SilentWhileACommitIsInFlight_TheCommitIsWaitedFor()
    {
        var commit = _pulse.WaitToEndAsync(() => _call.Task);
        await PassAsync(TimeSpan.FromSeconds(2));
        Assert.False(commit.IsCompleted);

        _call.SetResult(7);
        Assert.Equal(7, await commit);
    }

    [Fact]
    public async Task Disk_StuckBelowAServerThatAnswers_EndsTheWaitUntilItWrites()
    {
        var written = new TaskCompletionSource();
        _write = () => written.Task;
        await CheckRefusedAsync(_pulse.WaitAsync(() => _call.Task, Cancellation));
        await CheckRefusedAsync(_pulse.WaitAsync(() => _call.Task, CancellationToken.None));
        Assert.Equal(3, await _pulse.WaitAsync(static () => Task.FromResult(3), Cancellation)); // what needs no disk

        written.SetResult();
        var call = _pulse.WaitAsync(() => _call.Task, Cancellation);
        await PassAnsweredAsync(TimeSpan.FromSeconds(3));
        Assert.False(call.IsCompleted);
        _call.SetResult(7);
        Assert.Equal(7, await call);

        async Task CheckRefusedAsync(Task<int> refused)
        {
            await PassAnsweredAsync(TimeSpan.FromSeconds(3));
            Assert.True((await Assert.ThrowsAsync<StoreException>(() => refused.WaitAsync(TimeSpan.FromSeconds(10), Cancellation))).IsTransient);
        }
    }

    [Fact]
    public async Task Disk_StuckWhileACommitIsInFlight_TheCommitIsWaitedFor()
    {
        _write = () => Task.Delay(Timeout.Infinite, Cancellation);
        var commit = _pulse.WaitToEndAsync(() => _call.Task);
        await PassAnsweredAsync(TimeSpan.FromSeconds(3));
        Assert.False(commit.IsCompleted);

        _call.SetResult(7);
        Assert.Equal(7, await commit);
    }

    [Fact]
    public async Task Calls_AnsweredSoon_NothingIsWritten()
    {
        var written = 0;
        _write = () => Task.FromResult(++written);
        for (var call = 0; call < 20; call++)
        {
            Assert.Equal(call, await _pulse.WaitAsync(() => Task.FromResult(call), Cancellation));
            await PassAnsweredAsync(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal(0, written);
    }

    [Fact]
    public async Task Server_RefusesTheQuestion_IsNotSilent()
    {
        var call = _pulse.WaitAsync(() => _call.Task, Cancellation);
        await PassUntilAsync(() => !_asked.IsEmpty);
        Dequeue().SetException(new Npgsql.NpgsqlException("refused", new System.Net.Sockets.SocketException(111)));
        await PassAsync(TimeSpan.Zero);

        Assert.False(call.IsCompleted);
        _call.SetResult(7);
        Assert.Equal(7, await call);
    }

    [Fact]
    public async Task Process_StoodStillItself_IsNotTheServersSilence()
    {
        var call = _pulse.WaitAsync(() => _call.Task, Cancellation);
        await PassUntilAsync(() => !_asked.IsEmpty);
        _clock.Advance(TimeSpan.FromSeconds(30)); // at once, as for a process that was stopped
        await PassAsync(TimeSpan.Zero);
        Answer();
        await PassAsync(TimeSpan.FromSeconds(0.05));

        Assert.False(call.IsCompleted);
    }

    [Fact]
    public async Task Caller_GivesUp_IsToldSo()
    {
        using var caller = new CancellationTokenSource();
        var call = _pulse.WaitAsync(() => _call.Task, caller.Token);
        await caller.CancelAsync();

        Assert.Equal(caller.Token, (await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call)).CancellationToken);
    }

    private Task AskAsync()
    {
        var asked = new TaskCompletionSource();
        _asked.Enqueue(asked);
        return asked.Task;
    }

    private TaskCompletionSource Dequeue() => _asked.TryDequeue(out var asked) ? asked : throw new InvalidOperationException("nothing was asked");

    private void Answer()
    {
        while (_asked.TryDequeue(out var asked)) asked.TrySetResult();
    }

    private async Task PassAnsweredAsync(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromMilliseconds(50))
        {
            await PassAsync(TimeSpan.FromMilliseconds(50));
            Answer();
        }

        await PassAsync(TimeSpan.Zero);
    }

    private async Task PassUntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Cancellation.ThrowIfCancellationRequested();
            await PassAsync(TimeSpan.FromMilliseconds(50));
        }
    }

    // In steps, so that what a timer starts can start the next one; continuations run on the thread pool.
    private async Task PassAsync(TimeSpan time)
    {
        for (var left = time; ; left -= TimeSpan.FromMilliseconds(50))
        {
            for (var turn = 0; turn < 50; turn++) await Task.Run(static () => { }, Cancellation);
            if (left <= TimeSpan.Zero) return;
            _clock.Advance(TimeSpan.FromMilliseconds(50));
        }
    }
}
