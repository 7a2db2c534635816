using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Grains.Tests.Feeds.Cluster.FeedBatches;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

public sealed class FeedInboxTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Take_SomeOfItWasTakenElsewhere_LeavesThatOut()
    {
        var inbox = Filled(1, 2, 3, 2, 4);

        Assert.Equal([3UL, 4], Lasts(inbox.Take(new SequenceId(2), 1_000)));
        Assert.Empty(inbox.Take(default, 1_000));
    }

    [Fact]
    public void Take_MoreThanAskedFor_LeavesTheRest()
    {
        var inbox = Filled(1, 2, 3);

        Assert.Equal([1UL, 2], Lasts(inbox.Take(default, 20)));
        Assert.Equal([3UL], Lasts(inbox.Take(default, 1)));
    }

    [Fact]
    public void Add_MoreThanThereIsRoomFor_DropsTheOldest()
    {
        var inbox = Filled([.. Enumerable.Range(1, 20).Select(last => (ulong)last)]);

        Assert.Equal(Enumerable.Range(11, 10).Select(last => (ulong)last), Lasts(inbox.Take(default, 1_000)));
    }

    [Fact]
    public async Task Wait_SomethingComes_IsOver()
    {
        var inbox = Filled();
        var waiting = inbox.WaitAsync(TimeSpan.FromMinutes(1), other: null);
        Assert.False(waiting.IsCompleted);

        inbox.Add(Batch(0, 1));

        await waiting;
        Assert.True(inbox.WaitAsync(TimeSpan.FromMinutes(1), other: null).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Wait_TheTimeOrTheOtherIsOver_IsOverToo()
    {
        var inbox = Filled();
        var other = new TaskCompletionSource();
        var (first, second) = (inbox.WaitAsync(TimeSpan.FromMinutes(1), other.Task), Task.CompletedTask);
        other.SetResult();
        await first;

        second = inbox.WaitAsync(TimeSpan.FromMinutes(1), other: null);
        Assert.False(second.IsCompleted);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await second;
    }

    private FeedInbox Filled(params ulong[] lasts)
    {
        var inbox = new FeedInbox(maxBytes: 100, _clock);
        foreach (var last in lasts) inbox.Add(Batch(last - 1, last));
        return inbox;
    }

    private static IEnumerable<ulong> Lasts(IEnumerable<FeedBatch> batches) => batches.Select(batch => batch.Last.Value);
}
