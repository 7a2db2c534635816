using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class ChainLogTests
{
    private static readonly long StartNs = SequencerHarness.Start.ToUnixTimeSeconds() * 1_000_000_000;

    [Fact]
    public async Task Follow_GroupMessage_BecomesAnEnvelopeWithTheProofOfItsTransaction()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        var payload = TestBroadcasts.Commit("a");
        var emitted = harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), payload);

        await harness.ReachAsync(1);

        var row = harness.Stored.Single();
        var envelope = SequencerHarness.Parse(row.Entry.Bytes);
        Assert.Equal(OriginatorId.GroupMessagesChain, envelope.Originator);
        Assert.Equal(new SequenceId(1), envelope.Sequence);
        Assert.Equal(StartNs, envelope.OriginatorNs);
        Assert.Equal(payload, envelope.Payer.Client.Bytes.ToArray());
        Assert.False(envelope.Payer.HasPayerSignature);
        Assert.Equal((0UL, 0UL, 0UL), (envelope.BaseFee, envelope.CongestionFee, envelope.ExpiryUnixTime));
        Assert.Equal(emitted.TransactionHash, envelope.TransactionHash.ToArray());
        Assert.Equal(Topic.Of(TopicKind.GroupMessages, TestBroadcasts.GroupId()), row.Entry.Topic);
        Assert.Equal(LogEntry.NeverExpires, row.Entry.ExpirySeconds);
        Assert.Null(row.Payer);
        Assert.False(row.CountsUsage || row.CountsCongestion);
    }

    [Fact]
    public async Task Follow_LeaseTakesLong_EntriesArriveNoLaterThanNow()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        harness.Store.Before = call =>
        {
            if (call == StoreCall.TakeLease) harness.Clock.Advance(TimeSpan.FromSeconds(5));
            return Task.CompletedTask;
        };
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));

        await harness.ReachAsync(1);

        // A message that follows at once is stamped by this clock and has to be the newer one.
        Assert.Equal((harness.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, harness.Stored.Single().Entry.ArrivalUs);
    }

    [Fact]
    public async Task Follow_ClockOfThisMachineIsWrong_EntriesArriveByTheStores()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages) { Store = { ClockSkew = TimeSpan.FromHours(-1) } };
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));

        await harness.ReachAsync(1);

        var stores = harness.Clock.GetUtcNow() - TimeSpan.FromHours(1);
        Assert.Equal((stores - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, harness.Stored.Single().Entry.ArrivalUs);
    }

    [Fact]
    public async Task Follow_MachineSlept_EntriesArriveByTheTimeOfDay()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));
        await harness.ReachAsync(1);

        harness.Clock.Offset = harness.Uptime.Slept = TimeSpan.FromHours(8);
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("b"));
        await harness.ReachAsync(2);

        Assert.Equal((harness.Clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond, harness.Stored[1].Entry.ArrivalUs);
    }

    [Fact]
    public async Task Follow_TwoNodes_StoreTheSameBytes()
    {
        var first = new ChainLogHarness(ChainContract.GroupMessages);
        first.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));
        first.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("b"));
        await first.ReachAsync(2);
        var before = first.Stored;
        var second = new ChainLogHarness(ChainContract.GroupMessages);
        foreach (var source in first.Chain.Events(ChainContract.GroupMessages)) second.Chain.Emit(source.Contract, source.Identifier, source.Payload);
        second.Clock.Advance(TimeSpan.FromHours(1));

        await second.ReachAsync(2);

        Assert.Equal(before.Select(row => row.Entry.Bytes), second.Stored.Select(row => row.Entry.Bytes));
    }

    [Fact]
    public async Task Follow_BlockTimeDoesNotRise_EventTimesDoWithRejectedEventsCounted()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        harness.Chain.NextBlockTimeNs = 1_000;
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), "rejected"u8.ToArray());
        harness.Chain.NextBlockTimeNs = 500;
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("b"));
        harness.Chain.NextBlockTimeNs = 5_000;
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("c"));

        await harness.ReachAsync(4);

        Assert.Equal([1_000, 1_002, 5_000], harness.Stored.Select(row => row.Entry.OriginatorNs));
    }

    [Fact]
    public async Task Follow_NextActivation_ContinuesTimesFromRejectedEvents()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        harness.Chain.NextBlockTimeNs = 1_000;
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), "rejected"u8.ToArray());
        await harness.ReachAsync(1);
        await harness.Turns.RunAsync(harness.Log.DrainAsync);
        harness.Activate();
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));

        await harness.ReachAsync(2);

        Assert.Equal(1_001, harness.Stored.Single().Entry.OriginatorNs);
    }

    [Theory]
    [InlineData("not an envelope")]
    [InlineData("another group's topic")]
    [InlineData("another group's message")]
    [InlineData("an identity update")]
    [InlineData("an identifier of the wrong length")]
    public async Task Follow_WhatClientsCouldNotLiveWith_IsRecordedAndNotServed(string kind)
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        var (identifier, payload) = kind switch
        {
            "not an envelope" => (TestBroadcasts.GroupId(), new byte[100]),
            "another group's topic" => (TestBroadcasts.GroupId(), TestBroadcasts.Commit("a", group: 2)),
            "another group's message" => (TestBroadcasts.GroupId(), TestBroadcasts.Commit("a", group: 2, topicGroup: 1)),
            "an identity update" => (TestBroadcasts.GroupId(), TestBroadcasts.IdentityUpdate(1)),
            _ => (new byte[15], TestBroadcasts.Commit("a")),
        };
        harness.Chain.Emit(ChainContract.GroupMessages, identifier, payload);
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("good"));

        await harness.ReachAsync(2);

        Assert.Equal(new SequenceId(2), harness.Stored.Single().Entry.Sequence);
        var rejected = harness.Rejected.Single();
        Assert.Equal(new SequenceId(1), rejected.Sequence);
        Assert.NotEmpty(rejected.Reason);
        Assert.Equal(payload, rejected.Bytes);
    }

    [Fact]
    public async Task Follow_ApplicationMessage_IsKept()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a", type: ContentType.Application));

        await harness.ReachAsync(1);

        Assert.Single(harness.Stored);
    }

    [Fact]
    public async Task Follow_LargeRejectedPayload_IsNotKept()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages, new ChainLogOptions { MaxRejectedBytes = 99 });
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), new byte[100]);

        await harness.ReachAsync(1);

        Assert.Empty(harness.Rejected.Single().Bytes);
    }

    [Fact]
    public async Task Follow_UpdatesOfOneInboxInABatch_AreJudgedAsAChainFromTheLastStoredOne()
    {
        var harness = new ChainLogHarness(ChainContract.IdentityUpdates);
        Emit(harness, 1, inbox: 1);
        await harness.ReachAsync(1);
        harness.Chain.BeforeRead = static () => throw new StoreException("away", null, isTransient: true);
        Emit(harness, 2, inbox: 1);
        Emit(harness, 3, inbox: 2);
        Emit(harness, 4, inbox: 1);
        harness.Inboxes.Asked.Clear();
        harness.Chain.BeforeRead = static () => Task.CompletedTask;
        await Eventually.TrueAsync(
            () =>
            {
                harness.Clock.Advance(harness.Options.RetryPause);
                return harness.Log.Head.Value == 4;
            },
            "the log reaches 4");

        var ofFirst = harness.Inboxes.Asked.Single(asked => asked.Inbox == TestBroadcasts.Inbox(1)).Updates;
        Assert.Equal(new SequenceId(1), ofFirst.After);
        Assert.Equal([new SequenceId(2), new SequenceId(4)], ofFirst.Updates.Select(update => update.Sequence));
        Assert.Equal(default, harness.Inboxes.Asked.Single(asked => asked.Inbox == TestBroadcasts.Inbox(2)).Updates.After);
    }

    [Fact]
    public async Task Follow_ValidUpdate_AppliesItsAddressChangesInTheSameCommitAndTellsTheFeed()
    {
        var harness = new ChainLogHarness(ChainContract.IdentityUpdates);
        harness.Inboxes.Verdict = static (inbox, update) => new InboxVerdict
        {
            Status = InboxVerdictStatus.Valid,
            AddressChanges = [new AddressChange { Address = "0xab", Inbox = inbox, Sequence = update.Sequence, Revoked = false }],
        };
        Emit(harness, 1, inbox: 1);

        await harness.ReachAsync(1);

        var found = await harness.Store.ReadInboxIdsAsync(["0xab"], TestContext.Current.CancellationToken);
        Assert.Equal(TestBroadcasts.Inbox(1), found.Single());
        var reply = await harness.ReadAsync(default, TimeSpan.Zero);
        Assert.Equal("0xab", reply.Batches.Single().Entries.Single().AddressChanges.Single().Address);
    }

    [Fact]
    public async Task Follow_InvalidUpdate_IsRecordedWithTheInboxsReason()
    {
        var harness = new ChainLogHarness(ChainContract.IdentityUpdates);
        harness.Inboxes.Verdict = static (_, _) => new InboxVerdict { Status = InboxVerdictStatus.Invalid, Reason = "Replay detected" };
        Emit(harness, 1, inbox: 1);

        await harness.ReachAsync(1);

        Assert.Empty(harness.Stored);
        Assert.Equal("Replay detected", harness.Rejected.Single().Reason);
    }

    [Fact]
    public async Task Follow_UndecidedUpdate_HoldsTheLogAtItsPlaceUntilItIsDecided()
    {
        var harness = new ChainLogHarness(ChainContract.IdentityUpdates);
        var isAway = true;
        harness.Inboxes.Verdict = (_, update) => new InboxVerdict
        {
            Status = isAway && update.Sequence.Value == 2 ? InboxVerdictStatus.Undecided : InboxVerdictStatus.Valid,
        };
        Emit(harness, 1, inbox: 1);
        Emit(harness, 2, inbox: 2);
        Emit(harness, 3, inbox: 3);
        await harness.ReachAsync(1);
        await Eventually.TrueAsync(() => harness.Inboxes.Asked.Count >= 3, "the inboxes are asked");
        Assert.Single(harness.Stored);

        isAway = false;
        await Eventually.TrueAsync(
            () =>
            {
                harness.Clock.Advance(harness.Options.RetryPause);
                return harness.Stored.Count == 3;
            },
            "the rest is stored");

        Assert.Equal([1UL, 2, 3], harness.Stored.Select(row => row.Entry.Sequence.Value));
    }

    [Fact]
    public async Task Follow_NothingOnTheChain_TakesNoLease()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        var reads = 0;
        harness.Chain.BeforeRead = () =>
        {
            reads++;
            return Task.CompletedTask;
        };

        await harness.FollowAsync();
        await Eventually.TrueAsync(() => reads > 0, "the chain is read");

        Assert.DoesNotContain(
            OriginatorId.GroupMessagesChain,
            (await harness.Store.ReadMarksAsync(TestContext.Current.CancellationToken)).Select(mark => mark.Key));
    }

    [Fact]
    public async Task Follow_AnotherActivationTookTheLog_EndsAfterThePauseAndStoresNothingTwice()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));
        await harness.ReachAsync(1);
        var (old, oldTurns) = (harness.Log, harness.Turns);
        harness.Activate();
        await harness.Store.TakeLeaseAsync(OriginatorId.GroupMessagesChain, TestContext.Current.CancellationToken);
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("b"));

        await Eventually.TrueAsync(
            () =>
            {
                harness.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return old.Ended.IsCompleted;
            },
            "the old activation ends");
        Assert.Single(harness.Stored);
        await oldTurns.RunAsync(old.DrainAsync);
        await harness.ReachAsync(2);

        Assert.Equal([1UL, 2], harness.Stored.Select(row => row.Entry.Sequence.Value));
    }

    [Fact]
    public async Task Follow_AnotherActivationIsFurther_SkipsWhatItStored()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        var hold = new TaskCompletionSource();
        harness.Store.Before = call => call == StoreCall.TakeLease ? hold.Task : Task.CompletedTask;
        harness.Chain.Emit(ChainContract.GroupMessages, TestBroadcasts.GroupId(), TestBroadcasts.Commit("a"));
        await harness.FollowAsync();
        var (slow, slowTurns) = (harness.Log, harness.Turns);
        await Eventually.TrueAsync(() => harness.Chain.Events(ChainContract.GroupMessages).Count == 1, "the event is there");
        harness.Store.Before = static _ => Task.CompletedTask;
        harness.Activate();
        await harness.ReachAsync(1);

        hold.SetResult();
        await Eventually.TrueAsync(() => slow.Head.Value == 1, "the slow activation has the lease");

        Assert.Single(harness.Stored);
        await slowTurns.RunAsync(slow.DrainAsync);
    }

    [Fact]
    public async Task Drain_WhileFollowing_EndsReadersAtOnce()
    {
        var harness = new ChainLogHarness(ChainContract.GroupMessages);
        await harness.FollowAsync();
        var read = harness.ReadAsync(default, TimeSpan.FromMinutes(1));

        await harness.Turns.RunAsync(harness.Log.DrainAsync);

        Assert.Equal(FeedStatus.Ending, (await read).Status);
        Assert.True(harness.Log.Ended.IsCompleted);
    }

    private static void Emit(ChainLogHarness harness, ulong timestampNs, int inbox) => harness.Chain.Emit(
        ChainContract.IdentityUpdates, TestBroadcasts.Inbox(inbox).ToArray(), TestBroadcasts.IdentityUpdate(timestampNs, inbox));
}
