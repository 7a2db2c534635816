using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class PublishBatcherTests
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ShiftedClock _clock = new(SequencerHarness.Start);
    private readonly FakeSequencer _sequencer = new();
    private PublisherOptions _options = new() { MaxCalls = 1 };

    [Fact]
    public async Task Publish_WhileACallIsInFlight_GoesWithTheNext()
    {
        var batcher = Create();
        var hold = _sequencer.Hold();
        var first = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        Task<PublishOutcome>[] more = [batcher.PublishAsync(TestPublishes.Request("b"), None), batcher.PublishAsync(TestPublishes.Request("c"), None)];

        hold.SetResult();
        await Task.WhenAll([first, .. more]);

        Assert.Equal([1, 2], _sequencer.Calls.Select(call => call.Requests.Length));
    }

    [Fact]
    public async Task Publish_MoreThanACallHolds_IsSplit()
    {
        _options = new PublisherOptions { MaxCalls = 1, MaxCallBytes = 2 * TestPublishes.Request("a").ByteCount };
        var batcher = Create();
        var hold = _sequencer.Hold();
        List<Task<PublishOutcome>> publishes = [batcher.PublishAsync(TestPublishes.Request("a"), None)];
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        foreach (var text in new[] { "b", "c", "d" }) publishes.Add(batcher.PublishAsync(TestPublishes.Request(text), None));

        hold.SetResult();
        await Task.WhenAll(publishes);

        Assert.Equal([1, 2, 1], _sequencer.Calls.Select(call => call.Requests.Length));
    }

    [Fact]
    public async Task Publish_CallFailsOnTheWay_IsRepeated()
    {
        var batcher = Create();
        Exception[] failures = [new SiloUnavailableException(), new TimeoutException()];
        var left = new Queue<Exception>(failures);
        _sequencer.Answer = batch => left.TryDequeue(out var failure) ? throw failure : FakeSequencer.Accept(batch);

        var publish = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await ElapseUntilAsync(publish);

        Assert.True((await publish).IsAccepted);
        Assert.Equal(failures.Length + 1, _sequencer.Calls.Count);
    }

    [Fact]
    public async Task Publish_ActivationWasEnding_OnlyWhatItDidNotStoreIsRepeated()
    {
        var batcher = Create();
        var hold = _sequencer.Hold();
        var first = batcher.PublishAsync(TestPublishes.Request("x"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        Task<PublishOutcome>[] publishes = [batcher.PublishAsync(TestPublishes.Request("a"), None), batcher.PublishAsync(TestPublishes.Request("b"), None)];
        _sequencer.Answer = batch => _sequencer.Calls.Count == 2
            ? new AppendReply { Ending = true, Outcomes = [FakeSequencer.Accept(batch).Outcomes[0], new PublishOutcome { Status = PublishStatus.Unavailable }] }
            : FakeSequencer.Accept(batch);

        hold.SetResult();
        await ElapseUntilAsync(Task.WhenAll(publishes));

        Assert.All(publishes, publish => Assert.True(publish.Result.IsAccepted));
        Assert.True((await first).IsAccepted);
        Assert.Equal([1, 2, 1], _sequencer.Calls.Select(call => call.Requests.Length));
    }

    [Fact]
    public async Task Publish_RefusedByALivingActivation_IsNotRepeated()
    {
        var batcher = Create();
        _sequencer.Answer = static _ => new AppendReply
        {
            Outcomes = [new PublishOutcome { Status = PublishStatus.Unavailable, RetryAfter = TimeSpan.FromSeconds(3) }],
        };

        var outcome = await batcher.PublishAsync(TestPublishes.Request("a"), None);

        Assert.Equal((PublishStatus.Unavailable, TimeSpan.FromSeconds(3)), (outcome.Status, outcome.RetryAfter));
        Assert.Single(_sequencer.Calls);
    }

    [Fact]
    public async Task Publish_NothingHelps_IsUnavailableWhenTheBudgetIsSpent()
    {
        var batcher = Create();
        _sequencer.Answer = static _ => throw new SiloUnavailableException();
        var started = _clock.GetTimestamp();

        var publish = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await ElapseUntilAsync(publish);

        Assert.Equal(PublishStatus.Unavailable, (await publish).Status);
        Assert.InRange(_clock.GetElapsedTime(started), TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(11));
        Assert.InRange(_sequencer.Calls.Count, 25, 150); // rejections come at once: without pauses they would be thousands
    }

    [Fact]
    public async Task Publish_ItsCallHangs_IsUnavailableWhenTheBudgetIsSpentAndItsRoomStaysTaken()
    {
        _options = new PublisherOptions { MaxCalls = 1, MaxOpenEnvelopes = 1 };
        var batcher = Create();
        var hold = _sequencer.Hold();
        Assert.True(batcher.TryReserve(1, 1, out var room, out _));
        var publish = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the call is sent");

        _clock.Advance(_options.Budget - TimeSpan.FromTicks(1));
        Assert.False(publish.IsCompleted);
        _clock.Advance(TimeSpan.FromTicks(1));
        await Eventually.TrueAsync(() => publish.IsCompleted, "the publish is answered");
        var outcome = await publish;
        room.Dispose();

        Assert.Equal((PublishStatus.Unavailable, true), (outcome.Status, outcome.RetryAfter > TimeSpan.Zero));
        Assert.False(batcher.TryReserve(1, 1, out _, out _));
        hold.SetResult();
        await Eventually.TrueAsync(() => batcher.TryReserve(1, 1, out _, out _), "the room is given back");
        Assert.Single(_sequencer.Calls);
    }

    [Fact]
    public async Task Publish_ACallBeforeItHangs_IsUnavailableWhenTheBudgetIsSpentAndNeverSent()
    {
        _options = new PublisherOptions { MaxCalls = 1, MaxOpenEnvelopes = 1 };
        var batcher = Create();
        var hold = _sequencer.Hold();
        var stuck = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        Assert.True(batcher.TryReserve(1, 1, out var room, out _));
        var behind = batcher.PublishAsync(TestPublishes.Request("b"), None);

        _clock.Advance(_options.Budget);
        await Eventually.TrueAsync(() => stuck.IsCompleted && behind.IsCompleted, "both are answered");
        var outcomes = await Task.WhenAll(stuck, behind);
        room.Dispose();
        Assert.False(batcher.TryReserve(1, 1, out _, out _));
        hold.SetResult();
        await Eventually.TrueAsync(() => batcher.TryReserve(1, 1, out _, out _), "the room is given back");

        Assert.All(outcomes, static outcome => Assert.Equal((PublishStatus.Unavailable, true), (outcome.Status, outcome.RetryAfter > TimeSpan.Zero)));
        Assert.True((await batcher.PublishAsync(TestPublishes.Request("c"), None)).IsAccepted);
        Assert.Equal([1, 1], _sequencer.Calls.Select(call => call.Requests.Length));
    }

    [Fact]
    public async Task Publish_TheSequencerFailsOnIt_GoesAloneAndIsGivenUpSoon()
    {
        var batcher = Create();
        var hold = _sequencer.Hold();
        var first = batcher.PublishAsync(TestPublishes.Request("x"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        var poison = TestPublishes.Request("poison");
        var publish = batcher.PublishAsync(poison, None);
        var other = batcher.PublishAsync(TestPublishes.Request("b"), None);
        _sequencer.Answer = batch => !batch.Requests.Contains(poison) ? FakeSequencer.Accept(batch) : new AppendReply
        {
            Ending = true,
            Outcomes = Array.ConvertAll(batch.Requests, static _ => new PublishOutcome { Status = PublishStatus.Failed }),
        };

        hold.SetResult();
        await ElapseUntilAsync(Task.WhenAll(publish, other));

        Assert.True((await first).IsAccepted && (await other).IsAccepted);
        Assert.Equal(PublishStatus.Failed, (await publish).Status);
        Assert.Equal([1, 2, 1, 1, 1], _sequencer.Calls.Select(call => call.Requests.Length));
    }

    [Fact]
    public async Task Publish_UnknownFailure_IsUnavailableAndTheNextCallGoesOn()
    {
        var batcher = Create();
        _sequencer.Answer = static _ => throw new InvalidOperationException("bug");
        var failed = await batcher.PublishAsync(TestPublishes.Request("a"), None);
        _sequencer.Answer = FakeSequencer.Accept;

        var accepted = await batcher.PublishAsync(TestPublishes.Request("b"), None);

        Assert.Equal(PublishStatus.Unavailable, failed.Status);
        Assert.True(accepted.IsAccepted);
    }

    [Fact]
    public void TryReserve_MoreThanThereIsRoomFor_IsRefusedUntilRoomIsGivenBack()
    {
        _options = new PublisherOptions { MaxOpenEnvelopes = 3, MaxOpenBytes = 100 };
        var batcher = Create();
        Assert.True(batcher.TryReserve(2, 50, out var first, out _));

        Assert.False(batcher.TryReserve(2, 10, out _, out var retryAfter));
        Assert.False(batcher.TryReserve(1, 51, out _, out _));
        Assert.True(retryAfter > TimeSpan.Zero);
        first.Dispose();
        first.Dispose();

        Assert.True(batcher.TryReserve(3, 100, out var second, out _));
        second.Dispose();
        Assert.True(batcher.TryReserve(1, 1_000, out _, out _)); // alone, whatever its size
    }

    [Fact]
    public async Task Publish_CallerGivesUp_TheCommitGoesOnAndItsRoomStaysTaken()
    {
        _options = new PublisherOptions { MaxCalls = 1, MaxOpenEnvelopes = 1 };
        var batcher = Create();
        var hold = _sequencer.Hold();
        Assert.True(batcher.TryReserve(1, 1, out var room, out _));
        using var impatience = new CancellationTokenSource();
        var publish = batcher.PublishAsync(TestPublishes.Request("a"), impatience.Token);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the call is sent");

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publish);
        room.Dispose();

        Assert.False(batcher.TryReserve(1, 1, out _, out _));
        hold.SetResult();
        await Eventually.TrueAsync(() => batcher.TryReserve(1, 1, out _, out _), "the room is given back");
    }

    [Fact]
    public async Task Publish_CallerGivesUpBeforeItsCall_IsNeverSentAndItsRoomIsGivenBack()
    {
        _options = new PublisherOptions { MaxCalls = 1, MaxOpenEnvelopes = 1 };
        var batcher = Create();
        var hold = _sequencer.Hold();
        var first = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        Assert.True(batcher.TryReserve(1, 1, out var room, out _));
        using var impatience = new CancellationTokenSource();
        var publish = batcher.PublishAsync(TestPublishes.Request("b"), impatience.Token);

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publish);
        room.Dispose();
        hold.SetResult();
        await first;
        await batcher.StopAsync(None);

        Assert.Equal([1], _sequencer.Calls.Select(static call => call.Requests.Length));
    }

    [Fact]
    public async Task Publish_CallerGivesUpAfterAFailedAttempt_IsNotRepeated()
    {
        _options = new PublisherOptions { MaxCalls = 1, MaxOpenEnvelopes = 1 };
        var batcher = Create();
        _sequencer.Answer = static _ => throw new SiloUnavailableException();
        Assert.True(batcher.TryReserve(1, 1, out var room, out _));
        using var impatience = new CancellationTokenSource();
        var publish = batcher.PublishAsync(TestPublishes.Request("a"), impatience.Token);
        await Eventually.TrueAsync(() => _clock.Timers == 2, "it waits for its budget and its next attempt");

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => publish);
        room.Dispose();
        _clock.Advance(_options.MaxRetryPause * 1.5);
        await Eventually.TrueAsync(() => batcher.TryReserve(1, 1, out _, out _), "the room is given back");
        await batcher.StopAsync(None);

        Assert.Single(_sequencer.Calls);
    }

    [Fact]
    public async Task Publish_ItsCallersPatience_GoesWithTheCallAsFarAsItIsLeft()
    {
        var batcher = Create();
        var hold = _sequencer.Hold();
        var first = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the first call is sent");
        Task[] publishes =
        [
            batcher.PublishAsync(TestPublishes.Request("b"), TimeSpan.FromSeconds(1), None),
            batcher.PublishAsync(TestPublishes.Request("c"), TimeSpan.FromMilliseconds(100), None),
        ];

        _clock.Advance(TimeSpan.FromMilliseconds(400));
        hold.SetResult();
        await Task.WhenAll([first, .. publishes]);
        await batcher.PublishAsync(TestPublishes.Request("d"), TimeSpan.FromHours(1), None);

        Assert.Equal([2_000, 600, 2_000], _sequencer.Calls.Select(static call => call.Patience.TotalMilliseconds));
    }

    [Fact]
    public async Task Stop_WithPublishesWaiting_SendsThemAndRefusesTheRest()
    {
        var batcher = Create();
        var hold = _sequencer.Hold();
        var first = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the call is sent");
        var second = batcher.PublishAsync(TestPublishes.Request("b"), None);

        var stop = batcher.StopAsync(None);
        Assert.False(batcher.TryReserve(1, 1, out _, out _));
        var refused = await batcher.PublishAsync(TestPublishes.Request("c"), None);
        hold.SetResult();
        await stop;

        Assert.Equal(PublishStatus.Unavailable, refused.Status);
        Assert.True((await first).IsAccepted && (await second).IsAccepted);
    }

    private PublishBatcher Create() =>
        new(_sequencer, _options, new PublisherMetrics(new NoMeters()), _clock, new Random(1), NullLogger.Instance);

    // One pause after the other: time passes only when somebody waits for it.
    private async Task ElapseUntilAsync(Task task)
    {
        var seen = 0;
        while (!task.IsCompleted)
        {
            await Eventually.TrueAsync(() => task.IsCompleted || _clock.Timers > seen, "the publish is answered or waits for its next attempt");
            seen = _clock.Timers;
            _clock.Advance(_options.MaxRetryPause * 1.5);
        }
    }

    [Fact]
    public async Task Resend_CallInFlight_IsMadeAgainWithoutWaitingForIt()
    {
        var batcher = Create();
        var lost = _sequencer.Hold();
        var publish = batcher.PublishAsync(TestPublishes.Request("a"), None);
        await Eventually.TrueAsync(() => _sequencer.Calls.Count == 1, "the call is sent");
        _sequencer.Hold().SetResult();

        batcher.Resend();
        await ElapseUntilAsync(publish);

        Assert.True((await publish).IsAccepted);
        Assert.False(lost.Task.IsCompleted);
        Assert.Equal(2, _sequencer.Calls.Count);
    }

    private sealed class FakeSequencer : ISequencerGrain
    {
        private Task _held = Task.CompletedTask;

        public List<PublishBatch> Calls { get; } = [];

        public Func<PublishBatch, AppendReply> Answer { get; set; } = Accept;

        public static AppendReply Accept(PublishBatch batch) => new()
        {
            Outcomes = Array.ConvertAll(batch.Requests, static _ => new PublishOutcome { Status = PublishStatus.Accepted }),
        };

        public TaskCompletionSource Hold()
        {
            var hold = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _held = hold.Task;
            return hold;
        }

        public async Task<AppendReply> AppendAsync(PublishBatch batch)
        {
            Calls.Add(batch);
            await _held;
            return Answer(batch);
        }

        public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) => throw new NotSupportedException();

        public Task<SequenceId> HeadAsync() => throw new NotSupportedException();
    }
}
