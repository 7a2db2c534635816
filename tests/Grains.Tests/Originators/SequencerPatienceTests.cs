using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>A store that takes its time: publishes are refused while it does, and what it stored meanwhile is stored once.</summary>
public sealed class SequencerPatienceTests
{
    private readonly SequencerHarness _harness = new();
    private readonly TaskCompletionSource _hold = new();
    private int _held;
    private int _quarters;

    [Fact]
    public async Task Commit_TakesTooLong_AllThatWaitAndComeAreRefused()
    {
        Hold(StoreCall.Append);
        var first = _harness.PublishAsync("a");
        await HeldAsync();
        var behind = _harness.PublishAsync("b");
        await Eventually.TrueAsync(() => _harness.Signer.Batches.Count == 2, "the second batch is signed");
        await PassQuartersAsync(3);
        Assert.False(first.IsCompleted || behind.IsCompleted);

        await PassQuartersAsync(1);

        foreach (var refused in await Task.WhenAll(first, behind)) IsRefused(refused);
        IsRefused(await _harness.PublishAsync("c"));
        Assert.Empty(_harness.Stored);
        Assert.False(_harness.Sequencer.Ended.IsCompleted);
    }

    [Fact]
    public async Task Commit_TakesTooLongAndSucceeds_PublishingGoesOnAndRepetitionsAreAnsweredWithWhatItStored()
    {
        Hold(StoreCall.Append);
        var first = _harness.PublishAsync("a");
        await HeldAsync();
        var behind = _harness.PublishAsync("b");
        await Eventually.TrueAsync(() => _harness.Signer.Batches.Count == 2, "the second batch is signed");
        await PassQuartersAsync(4);
        foreach (var refused in await Task.WhenAll(first, behind)) IsRefused(refused);

        _hold.SetResult();
        await Eventually.TrueAsync(() => _harness.Stored.Count == 2, "what was stamped is stored");
        var again = new[] { await _harness.PublishAsync("a"), await _harness.PublishAsync("b"), await _harness.PublishAsync("c") };

        Assert.All(again, static outcome => Assert.True(outcome.IsAccepted));
        Assert.Equal(_harness.Stored.Select(static row => row.Entry.Bytes), again.SelectMany(static outcome => outcome.Envelopes));
        Assert.False(_harness.Sequencer.Ended.IsCompleted);
    }

    [Fact]
    public async Task Commit_TakesTooLongAndFails_TheNextActivationStoresARepetitionOnce()
    {
        Hold(StoreCall.Append);
        var first = _harness.Sequencer.AppendAsync(TestPublishes.Request("a"));
        await HeldAsync();
        await PassQuartersAsync(4);
        var refused = await first;
        Assert.False(refused.Ending); // to be answered, not tried again by the process that asked
        IsRefused(refused.Outcomes.Single());

        _hold.SetException(new StoreException("gone", null, isTransient: true));
        await _harness.Sequencer.Ended;
        _harness.Activate();

        Assert.True((await _harness.PublishAsync("a")).IsAccepted);
        Assert.Single(_harness.Stored);
    }

    [Fact]
    public async Task Lease_TakesTooLong_PublishesAreRefusedUntilItIsThere()
    {
        Hold(StoreCall.TakeLease);
        var first = _harness.PublishAsync("a");
        await HeldAsync();
        await PassQuartersAsync(4);
        IsRefused(await first);
        IsRefused(await _harness.PublishAsync("b"));

        _hold.SetResult();
        while (!(await _harness.PublishAsync("c")).IsAccepted) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        Assert.Single(_harness.Stored);
    }

    [Fact]
    public async Task Opening_NoCallTakesTooLongButAllTogetherDo_NothingIsRefused()
    {
        var congestion = new TaskCompletionSource();
        _harness.Store.Before = call => call switch
        {
            StoreCall.TakeLease => HoldAsync(_hold),
            StoreCall.ReadCongestion => HoldAsync(congestion),
            _ => Task.CompletedTask,
        };
        var first = _harness.PublishAsync("a");
        await PassQuartersAsync(3);
        _hold.SetResult();
        await Eventually.TrueAsync(() => Volatile.Read(ref _held) == 2, "the store is asked again");
        _quarters++; // nothing waits for the lease's last quarter any more

        await PassQuartersAsync(3);
        congestion.SetResult();

        Assert.True((await first).IsAccepted);
    }

    [Fact]
    public async Task Append_NobodyWaitsForItAnyMore_IsNotBegunAndMayBeAskedAgain()
    {
        Hold(StoreCall.Append);
        var first = _harness.PublishAsync("a");
        await HeldAsync();
        var behind = _harness.PublishAsync("b");
        await Eventually.TrueAsync(() => _harness.Signer.Batches.Count == 2, "the second batch is signed");
        var quarter = _harness.Options.StorePatience / 4;
        var impatient = _harness.Sequencer.AppendAsync(new PublishBatch { Requests = [TestPublishes.Request("c")], Patience = quarter });
        var patient = _harness.Sequencer.AppendAsync(new PublishBatch { Requests = [TestPublishes.Request("d")], Patience = quarter * 2 });
        await _harness.Sequencer.ReadAsync(default, 1, TimeSpan.Zero); // a turn later both have arrived

        await PassQuartersAsync(1);
        _hold.SetResult();

        Assert.True((await first).IsAccepted && (await behind).IsAccepted && (await patient).Outcomes.Single().IsAccepted);
        IsRefused((await impatient).Outcomes.Single());
        Assert.True((await impatient).Ending);
        Assert.Equal(3, _harness.Stored.Count);
        Assert.True((await _harness.PublishAsync("c")).IsAccepted);
    }

    [Fact]
    public async Task Append_NobodyWaitsForAnythingInTheQueue_TheSequencerGoesOn()
    {
        Hold(StoreCall.TakeLease);
        var impatient = _harness.Sequencer.AppendAsync(
            new PublishBatch { Requests = [TestPublishes.Request("a")], Patience = _harness.Options.StorePatience / 4 });
        await HeldAsync();
        await PassQuartersAsync(1);

        _hold.SetResult();
        IsRefused((await impatient).Outcomes.Single());

        Assert.Empty(_harness.Stored);
        Assert.True((await _harness.PublishAsync("b")).IsAccepted);
    }

    private Task HoldAsync(TaskCompletionSource hold)
    {
        Interlocked.Increment(ref _held);
        return hold.Task;
    }

    private void Hold(StoreCall held) => _harness.Store.Before = call =>
        call == held && Interlocked.Increment(ref _held) == 1 ? _hold.Task : Task.CompletedTask;

    private Task HeldAsync() => Eventually.TrueAsync(() => Volatile.Read(ref _held) > 0, "the store is asked");

    // A quarter of the patience after the other, each once the sequencer has begun to wait for it.
    private async Task PassQuartersAsync(int count)
    {
        for (var quarter = 0; quarter < count; quarter++)
        {
            _quarters++;
            await Eventually.TrueAsync(() => _harness.Clock.Timers >= _quarters, "the sequencer waits for the store");
            _harness.Clock.Advance(_harness.Options.StorePatience / 4);
        }
    }

    private static void IsRefused(PublishOutcome outcome)
    {
        Assert.Equal(PublishStatus.Unavailable, outcome.Status);
        Assert.True(outcome.RetryAfter > TimeSpan.Zero);
        Assert.Empty(outcome.Envelopes);
    }
}
