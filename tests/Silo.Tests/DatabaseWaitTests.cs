using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Silo.Tests;

public sealed class DatabaseWaitTests : IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _told = [];
    private readonly CancellationTokenSource _stop = new();
    private int _attempts;

    public void Dispose() => _stop.Dispose();

    [Fact]
    public void Open_DatabaseIsThere_SaysNothing()
    {
        Assert.True(Open(TimeSpan.FromSeconds(30), _ => null).IsCompletedSuccessfully);
        Assert.Empty(_told);
        Assert.Equal(1, _attempts);
    }

    [Fact]
    public void Open_DatabaseComesLater_OpensItAndSaysSo()
    {
        var opening = Open(TimeSpan.FromSeconds(30), at => at < TimeSpan.FromSeconds(7) ? Away("away") : null);

        Pass(TimeSpan.FromSeconds(8));

        Assert.True(opening.IsCompletedSuccessfully);
        Assert.Equal(
            ["waiting for the database, 0 s of 30 s: away", "waiting for the database, 5 s of 30 s: away", "the database is there after 7 s"], _told);
    }

    [Fact]
    public void Open_ReasonChanges_TellsTheNewOne()
    {
        _ = Open(TimeSpan.FromSeconds(30), at => Away(at < TimeSpan.FromSeconds(2) ? "no answer" : "starting up"));

        Pass(TimeSpan.FromSeconds(3));

        Assert.Equal(["waiting for the database, 0 s of 30 s: no answer", "waiting for the database, 2 s of 30 s: starting up"], _told);
    }

    [Fact]
    public async Task Open_DatabaseStaysAway_EndsAfterTheLimitWithItsReason()
    {
        var opening = Open(TimeSpan.FromSeconds(10), _ => Away("away"));

        Pass(TimeSpan.FromSeconds(9.5));
        Assert.False(opening.IsCompleted);
        Pass(TimeSpan.FromSeconds(1));

        Assert.Equal("away", (await Assert.ThrowsAsync<StoreException>(() => opening)).Message);
    }

    [Fact]
    public void Open_NoLimit_WaitsOn()
    {
        var opening = Open(Timeout.InfiniteTimeSpan, _ => Away("away"));

        Pass(TimeSpan.FromMinutes(3));

        Assert.False(opening.IsCompleted);
        Assert.Equal("waiting for the database, 180 s: away", _told[^1]);
    }

    [Fact]
    public async Task Open_NoWaitingHelps_EndsAtOnce()
    {
        var opening = Open(TimeSpan.FromSeconds(30), _ => new StoreException("wrong password"));

        await Assert.ThrowsAsync<StoreException>(() => opening);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Open_ZeroLimit_DoesNotWait()
    {
        var opening = Open(TimeSpan.Zero, _ => Away("away"));

        await Assert.ThrowsAsync<StoreException>(() => opening);
        Assert.Empty(_told);
    }

    [Fact]
    public async Task Open_ProcessIsToldToStop_Ends()
    {
        var opening = Open(Timeout.InfiniteTimeSpan, _ => Away("away"));

        await _stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    private static StoreException Away(string reason) => new(reason, null, isTransient: true);

    // Without a context the waits go on inside Advance.
    private Task Open(TimeSpan limit, Func<TimeSpan, StoreException?> outcome)
    {
        SynchronizationContext.SetSynchronizationContext(null);
        return new DatabaseWait(limit, _clock, _told.Add).OpenAsync(
            _ =>
            {
                _attempts++;
                return outcome(_clock.GetUtcNow() - _clock.Start) is { } failure ? Task.FromException(failure) : Task.CompletedTask;
            },
            _stop.Token);
    }

    private void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Step) _clock.Advance(Step);
    }
}
