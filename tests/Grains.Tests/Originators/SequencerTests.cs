using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class SequencerTests
{
    [Fact]
    public async Task Append_OneEnvelope_AnswersTheStoredBytes()
    {
        var harness = new SequencerHarness();

        var outcome = await harness.PublishAsync("hello");

        Assert.Equal(PublishStatus.Accepted, outcome.Status);
        Assert.Equal(harness.Stored.Single().Entry.Bytes, outcome.Envelopes.Single());
    }

    [Fact]
    public async Task Append_OneEnvelope_IsStampedPricedAndSigned()
    {
        var harness = new SequencerHarness();
        var entry = TestPublishes.Entry("hello", retentionDays: 30);

        var outcome = await harness.PublishAsync(TestPublishes.Request(7, entry));

        var envelope = SequencerHarness.Parse(outcome.Envelopes.Single());
        var startNs = SequencerHarness.Start.ToUnixTimeSeconds() * 1_000_000_000;
        Assert.Equal(TestPublishes.Node, envelope.Originator);
        Assert.Equal(new SequenceId(1), envelope.Sequence);
        Assert.Equal(startNs, envelope.OriginatorNs);
        Assert.Equal(entry.PayerEnvelope, envelope.Payer.Bytes.ToArray());
        Assert.Equal((ulong)(100 + (200 * entry.PayerEnvelope.Length * 30)), envelope.BaseFee);
        Assert.Equal(0UL, envelope.CongestionFee);
        Assert.Equal((ulong)SequencerHarness.Start.ToUnixTimeSeconds() + (30 * 86_400), envelope.ExpiryUnixTime);
        var hash = new byte[Secp256k1.HashSize];
        SigningHashes.Originator(envelope.UnsignedBytes.Span, hash);
        Assert.True(Secp256k1.TryRecover(hash, envelope.OriginatorSignature.Span, out var signer));
        Assert.Equal(harness.Signer.Address, signer);
    }

    [Fact]
    public async Task Append_OneEnvelope_StoresWhatOnlyTheStoreKeeps()
    {
        var harness = new SequencerHarness();

        await harness.PublishAsync(TestPublishes.Request(7, TestPublishes.Entry("hello")));

        var row = harness.Stored.Single();
        Assert.Equal(TestKeys.Key(7).Address, row.Payer);
        Assert.NotEqual(0, row.Fingerprint);
        Assert.True(row.CountsUsage && row.CountsCongestion && row.Entry.Servable);
        Assert.Equal((long)SequencerHarness.Parse(row.Entry.Bytes).BaseFee, row.FeePicodollars);
        Assert.Equal(row.Entry.OriginatorNs / 1_000, row.Entry.ArrivalUs);
    }

    [Fact]
    public async Task Append_ClockStandsStill_TimesRiseByOneMicrosecond()
    {
        var harness = new SequencerHarness();

        await harness.PublishAsync("a", "b");
        await harness.PublishAsync("c");

        var times = harness.Stored.Select(row => row.Entry.OriginatorNs).ToList();
        Assert.Equal([times[0], times[0] + 1_000, times[0] + 2_000], times);
        Assert.Equal(0, times[0] % 1_000);
    }

    [Fact]
    public async Task Append_ClockFellALittle_TimesStillRise()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        var before = harness.Stored[^1].Entry.OriginatorNs;
        harness.Clock.Offset = -TimeSpan.FromMinutes(4);

        var outcome = await harness.PublishAsync("b");

        Assert.True(outcome.IsAccepted);
        Assert.Equal(before + 1_000, harness.Stored[^1].Entry.OriginatorNs);
    }

    [Fact]
    public async Task Append_CallsWhileACommitIsInFlight_AreSignedMeanwhileAndCommittedTogether()
    {
        var harness = new SequencerHarness();
        var hold = new TaskCompletionSource();
        var appends = 0;
        harness.Store.Before = call => call == StoreCall.Append && ++appends == 1 ? hold.Task : Task.CompletedTask;
        var first = harness.PublishAsync("a");
        await Eventually.TrueAsync(() => appends == 1, "the first commit starts");

        var second = harness.PublishAsync("b");
        await Eventually.TrueAsync(() => harness.Signer.Batches.Count == 2, "the second batch is signed while the first commits");
        Task<PublishOutcome>[] more = [harness.PublishAsync("c"), harness.PublishAsync("d")];
        Assert.False(first.IsCompleted || second.IsCompleted);
        hold.SetResult();
        await Task.WhenAll([first, second, .. more]);

        Assert.Equal([1, 1, 2], harness.Signer.Batches);
        Assert.Equal(4, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_CommitFails_TheSignedBatchBehindItIsThrownAwayUnseen()
    {
        var harness = new SequencerHarness();
        var hold = new TaskCompletionSource();
        var appends = 0;
        harness.Store.Before = call => call == StoreCall.Append && ++appends == 1 ? hold.Task : Task.CompletedTask;
        var first = harness.Sequencer.AppendAsync(TestPublishes.Request("a"));
        await Eventually.TrueAsync(() => appends == 1, "the first commit starts");
        var second = harness.Sequencer.AppendAsync(TestPublishes.Request("b"));
        await Eventually.TrueAsync(() => harness.Signer.Batches.Count == 2, "the second batch is signed");

        hold.SetException(new StoreException("gone", null, isTransient: true));

        foreach (var reply in await Task.WhenAll(first, second))
        {
            Assert.True(reply.Ending);
            Assert.Equal(PublishStatus.Unavailable, reply.Outcomes.Single().Status);
            Assert.Empty(reply.Outcomes.Single().Envelopes);
        }

        await harness.Sequencer.Ended;
        Assert.Empty(harness.Stored);
        Assert.Equal(1, appends);
    }

    [Fact]
    public async Task Append_SignerFails_EndsWithoutStoring()
    {
        var harness = new SequencerHarness();
        harness.Signer.Before = static () => throw new InvalidOperationException("no key");

        var reply = await harness.Sequencer.AppendAsync(TestPublishes.Request("a"));

        await harness.Sequencer.Ended;
        Assert.True(reply.Ending);
        Assert.Equal(PublishStatus.Failed, reply.Outcomes.Single().Status);
        Assert.Empty(harness.Stored);
    }

    [Fact]
    public async Task Append_AnotherActivationTookTheLog_EndsOnlyAfterThePause()
    {
        var harness = new SequencerHarness();
        var old = harness.Sequencer;
        await harness.PublishAsync("a");
        harness.Activate();
        await harness.PublishAsync("b");

        var reply = await old.AppendAsync(TestPublishes.Request("c"));

        Assert.True(reply.Ending);
        Assert.Equal(PublishStatus.Unavailable, reply.Outcomes.Single().Status);
        harness.Clock.Advance(harness.Options.FencedPauseMin - TimeSpan.FromMilliseconds(1));
        Assert.False(old.Ended.IsCompleted);
        harness.Clock.Advance(harness.Options.FencedPauseMax);
        await old.Ended;
        Assert.Equal(2, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_NextActivation_ContinuesWhereTheStoreStands()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a", "b");
        var lastNs = harness.Stored[^1].Entry.OriginatorNs;
        harness.Clock.Offset = -TimeSpan.FromMinutes(1);
        harness.Activate();

        await harness.PublishAsync("c");

        Assert.Equal(new SequenceId(3), harness.Stored[^1].Entry.Sequence);
        Assert.Equal(lastNs + 1_000, harness.Stored[^1].Entry.OriginatorNs);
    }

    [Fact]
    public async Task Append_StoreIsAwayAtTheLease_RefusesAndTriesAgainLater()
    {
        var harness = new SequencerHarness { Store = { Before = static _ => throw new StoreException("away", null, isTransient: true) } };

        var refused = await harness.Sequencer.AppendAsync(TestPublishes.Request("a"));
        harness.Store.Before = static _ => Task.CompletedTask;
        var accepted = await harness.PublishAsync("a");

        Assert.False(refused.Ending);
        Assert.Equal(PublishStatus.Unavailable, refused.Outcomes.Single().Status);
        Assert.True(refused.Outcomes.Single().RetryAfter > TimeSpan.Zero);
        Assert.True(accepted.IsAccepted);
    }

    [Fact]
    public async Task Append_NoLeaseYet_NothingButAnAppendTakesIt()
    {
        var leases = 0;
        var harness = new SequencerHarness();
        harness.Store.Before = call =>
        {
            if (call == StoreCall.TakeLease) leases++;
            return Task.CompletedTask;
        };

        await harness.Sequencer.ReadAsync(default, 1_000, TimeSpan.Zero);
        Assert.Equal(0, leases);
        await harness.PublishAsync("a");
        await harness.PublishAsync("b");

        Assert.Equal(1, leases);
    }

    [Fact]
    public async Task Append_MoreThanTheQueueHolds_IsRefused()
    {
        var harness = new SequencerHarness(new SequencerOptions { MaxOpenEnvelopes = 3, MaxBatchEnvelopes = 3 });
        var hold = new TaskCompletionSource();
        harness.Store.Before = call => call == StoreCall.Append ? hold.Task : Task.CompletedTask;
        var taken = harness.PublishAsync("a", "b");

        var refused = await harness.PublishAsync("c", "d");
        var fits = harness.PublishAsync("e");
        hold.SetResult();

        Assert.Equal(PublishStatus.Unavailable, refused.Status);
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.True((await taken).IsAccepted && (await fits).IsAccepted);
        Assert.True((await harness.PublishAsync("c", "d")).IsAccepted);
    }

    [Fact]
    public async Task Append_MoreBytesThanTheQueueHolds_IsRefused()
    {
        var size = TestPublishes.Entry("a").PayerEnvelope.Length;
        var harness = new SequencerHarness(new SequencerOptions { MaxOpenBytes = 2 * size });
        var hold = new TaskCompletionSource();
        harness.Store.Before = call => call == StoreCall.Append ? hold.Task : Task.CompletedTask;
        var taken = harness.PublishAsync("a", "b");

        var refused = await harness.PublishAsync("c");
        hold.SetResult();

        Assert.Equal(PublishStatus.Unavailable, refused.Status);
        Assert.True((await taken).IsAccepted);
    }

    [Fact]
    public async Task Append_BatchLimit_SplitsWhatWaits()
    {
        var harness = new SequencerHarness(new SequencerOptions { MaxBatchEnvelopes = 2 });

        var reply = await harness.Sequencer.AppendAsync(
            TestPublishes.Request("a"), TestPublishes.Request("b"), TestPublishes.Request("c", "d", "e"), TestPublishes.Request("f"));

        Assert.All(reply.Outcomes, outcome => Assert.True(outcome.IsAccepted));
        Assert.Equal([2, 3, 1], harness.Signer.Batches);
    }

    [Fact]
    public async Task Append_FeeTooLarge_RefusesThatRequestWholeAndTakesTheOthers()
    {
        var harness = new SequencerHarness { Rates = { Current = Rates.Default with { StorageFee = new PicoDollars(long.MaxValue / 30_000) } } };
        var tooLarge = TestPublishes.Entry("too large", retentionDays: 365);

        var reply = await harness.Sequencer.AppendAsync(
            TestPublishes.Request(1, TestPublishes.Entry("a", retentionDays: 2), tooLarge), TestPublishes.Request(2, TestPublishes.Entry("b", retentionDays: 2)));

        Assert.Equal(PublishStatus.FeeOverflow, reply.Outcomes[0].Status);
        Assert.Equal(1, reply.Outcomes[0].EntryIndex);
        Assert.Equal(new SequenceId(1), harness.Stored.Single().Entry.Sequence);
        Assert.Equal(harness.Stored.Single().Entry.Bytes, reply.Outcomes[1].Envelopes.Single());
    }

    [Fact]
    public async Task Append_KeptForEver_CannotOverflowTheUsageOfAMinute()
    {
        var harness = new SequencerHarness();
        var accepted = 0;
        PublishOutcome outcome;
        do
        {
            outcome = await harness.PublishAsync(TestPublishes.Request(
                1, [.. Enumerable.Range(0, 100).Select(number => TestPublishes.Entry($"{accepted} {number}", retentionDays: uint.MaxValue))]));
            accepted += outcome.IsAccepted ? 100 : 0;
        }
        while (outcome.IsAccepted);

        Assert.Equal(PublishStatus.FeeOverflow, outcome.Status);
        Assert.True(outcome.RetryAfter > TimeSpan.Zero);
        Assert.InRange(harness.Stored.Sum(row => (decimal)row.FeePicodollars), 1, MinuteSpend.Most);
        Assert.True((await harness.PublishAsync(TestPublishes.Request(2, TestPublishes.Entry("x", retentionDays: uint.MaxValue)))).IsAccepted);
        harness.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True((await harness.PublishAsync(TestPublishes.Request(1, TestPublishes.Entry("y", retentionDays: uint.MaxValue)))).IsAccepted);
    }

    [Fact]
    public async Task Append_RefusedByThePayersLimit_DoesNotCountAsSpent()
    {
        var harness = new SequencerHarness(new SequencerOptions { PayerEnvelopesPerSecond = 100, PayerBurst = 100 });
        var requests = Enumerable.Range(0, 30).Select(static number => TestPublishes.Request(
            1, [.. Enumerable.Range(0, 100).Select(at => TestPublishes.Entry($"{number} {at}", retentionDays: uint.MaxValue))])).ToList();
        Assert.True((await harness.PublishAsync(requests[0])).IsAccepted);
        foreach (var request in requests[1..])
        {
            Assert.Equal(PublishStatus.PayerLimited, (await harness.PublishAsync(request)).Status);
        }

        harness.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True((await harness.PublishAsync(requests[1])).IsAccepted);
    }

    [Fact]
    public async Task Append_NoRates_RefusesBeforeStamping()
    {
        var harness = new SequencerHarness { Rates = { Current = null } };

        var refused = await harness.PublishAsync("a");
        harness.Rates.Current = Rates.Default;
        var accepted = await harness.PublishAsync("b");

        Assert.Equal(PublishStatus.RatesUnavailable, refused.Status);
        Assert.True(accepted.IsAccepted);
        Assert.Equal(new SequenceId(1), harness.Stored.Single().Entry.Sequence);
    }

    [Fact]
    public async Task Append_CongestionAcrossBatchesAndActivations_IsPricedAsOneByOne()
    {
        // 04 V-12: three in the minute already, then ten more; T = 4 and 200 a unit.
        var harness = new SequencerHarness
        {
            Rates = { Current = Rates.Default with { TargetRatePerMinute = 4, CongestionFee = new PicoDollars(200) } },
        };
        await harness.PublishAsync("1", "2", "3");
        harness.Activate();
        await harness.PublishAsync("4", "5", "6");
        await harness.PublishAsync([.. Enumerable.Range(7, 7).Select(number => $"{number}")]);

        var fees = harness.Stored.Select(row => SequencerHarness.Parse(row.Entry.Bytes).CongestionFee);
        Assert.Equal([0UL, 0, 0, 0, 0, 5_200, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000, 20_000], fees);
    }

    [Fact]
    public async Task Append_PayerAboveItsLimit_IsRefusedWholeAndToldWhenToComeBack()
    {
        var harness = new SequencerHarness(new SequencerOptions { PayerEnvelopesPerSecond = 2, PayerBurst = 4 });
        await harness.PublishAsync("a", "b", "c");

        var refused = await harness.PublishAsync("d", "e");
        var other = await harness.PublishAsync(TestPublishes.Request(2, TestPublishes.Entry("d")));
        harness.Clock.Advance(refused.RetryAfter);
        var accepted = await harness.PublishAsync("d", "e");

        Assert.Equal(PublishStatus.PayerLimited, refused.Status);
        Assert.Equal(TimeSpan.FromSeconds(0.5), refused.RetryAfter);
        Assert.True(other.IsAccepted && accepted.IsAccepted);
    }

    [Fact]
    public async Task Drain_WithCallsInFlight_AnswersThemAndThenRefuses()
    {
        var harness = new SequencerHarness();
        var taken = harness.PublishAsync("a");

        await harness.Sequencer.DrainAsync();
        var reply = await harness.Sequencer.AppendAsync(TestPublishes.Request("b"));

        Assert.True((await taken).IsAccepted);
        Assert.True(reply.Ending);
        Assert.Single(harness.Stored);
    }
}
