using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;
using static XmtpOrleans.Grains.Tests.Feeds.Cluster.FeedBatches;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

public sealed class FeedQueueReceiverTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly FakeEnvelopeStore _store = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Get_SeveralTimes_ReadsOnFromTheStartOfWhatIsInMemory()
    {
        var logs = new ScriptedLogs(
            Reply(FeedStatus.OlderThanRing, 12, Batch(9, 10)), Reply(FeedStatus.Current, 12), Reply(FeedStatus.Current, 12, Batch(10, 11), Batch(11, 12)));
        var receiver = await OwnedAsync(logs);

        var (first, second) = (await GetAsync(receiver), await GetAsync(receiver));

        Assert.Equal([10UL], first.Batches.Select(batch => batch.Last.Value));
        Assert.Equal([11UL, 12], second.Batches.Select(batch => batch.Last.Value));
        Assert.Equal([0UL, 10, 10], logs.Asked);
        Assert.Equal(TestPublishes.Node, second.Originator);
    }

    [Fact]
    public async Task Get_KeeperHasNothingInMemory_GoesOnBehindItsHead()
    {
        var logs = new ScriptedLogs(Reply(FeedStatus.OlderThanRing, 50), Reply(FeedStatus.Current, 51, Batch(50, 51)));

        await GetAsync(await OwnedAsync(logs));

        Assert.Equal([0UL, 50], logs.Asked);
    }

    [Fact]
    public async Task Get_LogIsMoving_AsksAgainAfterAPause()
    {
        var logs = new ScriptedLogs(Reply(FeedStatus.Ending, 0), Reply(FeedStatus.Current, 1, Batch(0, 1)));
        var receiver = await OwnedAsync(logs);
        var getting = GetAsync(receiver);
        await Eventually.TrueAsync(() => logs.Asked.Count == 1, "the log was asked once");
        Assert.False(getting.IsCompleted);

        while (!getting.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(20));
            await Task.Yield();
        }

        Assert.Equal(2, logs.Asked.Count);
    }

    [Fact]
    public async Task Get_NobodyOwnsTheSlot_AsksNoLogUntilItIsCancelled()
    {
        var logs = new ScriptedLogs();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var getting = Receiver(logs, 7).GetQueueMessagesAsync(1, stop.Token);
        stop.Cancel();

        Assert.Empty(await getting);
        Assert.Empty(logs.Asked);
    }

    private async Task<FeedQueueReceiver> OwnedAsync(ScriptedLogs logs)
    {
        await _store.TakeLeaseAsync(TestPublishes.Node, Cancellation);
        return Receiver(logs, 0);
    }

    private FeedQueueReceiver Receiver(ScriptedLogs logs, int slot) =>
        new(slot, new QueueSlotDirectory(_store, _clock, NullLogger<QueueSlotDirectory>.Instance), logs, readBytes: 1_000, _clock);

    private static async Task<FeedContainer> GetAsync(FeedQueueReceiver receiver) =>
        (FeedContainer)(await receiver.GetQueueMessagesAsync(1, Cancellation)).Single();

    private sealed class ScriptedLogs(params FeedReply[] replies) : IFeedSource
    {
        public List<ulong> Asked { get; } = [];

        public IReadOnlyList<OriginatorId> Followed => [];

        public Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait)
        {
            Asked.Add(after.Value);
            return Task.FromResult(replies[Asked.Count - 1]);
        }

        public void Missed(OriginatorId originator) => throw new NotSupportedException();
    }
}
