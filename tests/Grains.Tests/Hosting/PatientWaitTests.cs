using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Grains.Tests.Hosting;

public sealed class PatientWaitTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly TaskCompletionSource _task = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task EndsWithin_ThisProcessStoodStill_IsNotOver()
    {
        var waiting = _task.Task.EndsWithinAsync(Limit, _clock, Cancellation);
        _clock.Advance(Limit * 10);
        _task.SetResult();

        Assert.True(await waiting);
    }

    [Fact]
    public async Task EndsWithin_TaskTakesLonger_SaysSo()
    {
        var waiting = _task.Task.EndsWithinAsync(Limit, _clock, Cancellation);
        await Eventually.TrueAsync(
            () =>
            {
                _clock.Advance(Limit / 4);
                return waiting.IsCompleted;
            },
            "the wait is over");

        Assert.False(await waiting);
    }

    [Fact]
    public async Task EndsWithin_TaskTimedOutItself_HasEnded()
    {
        var waiting = _task.Task.EndsWithinAsync(Limit, _clock, Cancellation);
        _task.SetException(new TimeoutException());

        Assert.True(await waiting);
    }

    [Fact]
    public async Task EndsWithin_TaskFails_Throws()
    {
        var waiting = _task.Task.EndsWithinAsync(Limit, _clock, Cancellation);
        _task.SetException(new InvalidOperationException());

        await Assert.ThrowsAsync<InvalidOperationException>(() => waiting);
    }
}
