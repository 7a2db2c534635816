using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

public sealed class QueueSlotDirectoryTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly FakeEnvelopeStore _store = new();
    private readonly QueueSlotDirectory _directory;
    private int _lookUps;

    public QueueSlotDirectoryTests()
    {
        _directory = new QueueSlotDirectory(_store, _clock, NullLogger<QueueSlotDirectory>.Instance);
        _store.Before = call =>
        {
            if (call == StoreCall.ReadQueueSlots) Interlocked.Increment(ref _lookUps);
            return Task.CompletedTask;
        };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task OwnerOf_AnOwnedSlot_IsKnownAtOnce()
    {
        await _store.TakeLeaseAsync(TestPublishes.Node, Cancellation);

        Assert.Equal(TestPublishes.Node, await _directory.OwnerOfAsync(0, Cancellation));
    }

    [Fact]
    public async Task OwnerOf_ManyQueuesWait_ShareALookUpEachFiveSeconds()
    {
        var waiting = Enumerable.Range(0, QueueSlots.Count).Select(slot => _directory.OwnerOfAsync(slot, Cancellation)).ToList();
        Assert.Equal(1, _lookUps);

        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal(1, _lookUps);
        await _store.TakeLeaseAsync(TestPublishes.Node, Cancellation);
        _clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(TestPublishes.Node, await waiting[0]);
        Assert.Equal(2, _lookUps);
        Assert.DoesNotContain(waiting[1..], other => other.IsCompleted);
    }

    [Fact]
    public async Task LookNow_SomebodySawANewLog_LooksWithoutThePause()
    {
        var waiting = _directory.OwnerOfAsync(0, Cancellation);
        await _store.TakeLeaseAsync(TestPublishes.Node, Cancellation);

        _directory.LookNow();

        Assert.Equal(TestPublishes.Node, await waiting);
    }

    [Fact]
    public async Task OwnerOf_NobodyWaitsAnyMore_LooksNoMore()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var waiting = _directory.OwnerOfAsync(0, stop.Token);
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        _clock.Advance(TimeSpan.FromSeconds(5)); // the look-up that was due
        await Eventually.TrueAsync(() => _lookUps == 2, "the last look-up is over");

        _clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(2, _lookUps);
    }

    [Fact]
    public async Task OwnerOf_QueueComesBackBeforeItsFirstWaitHasEnded_IsAnswered()
    {
        using var moved = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var first = _directory.OwnerOfAsync(0, moved.Token);
        var second = _directory.OwnerOfAsync(0, Cancellation);
        await moved.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        await _store.TakeLeaseAsync(TestPublishes.Node, Cancellation);

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(TestPublishes.Node, await second);
    }

    [Fact]
    public async Task OwnerOf_StoreAway_LooksAgain()
    {
        var before = _store.Before;
        _store.Before = _ => throw new StoreException("away", null, isTransient: true);
        var waiting = _directory.OwnerOfAsync(0, Cancellation);
        _store.Before = before;
        await _store.TakeLeaseAsync(TestPublishes.Node, Cancellation);

        _clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(TestPublishes.Node, await waiting);
    }
}
