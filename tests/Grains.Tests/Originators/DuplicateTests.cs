using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class DuplicateTests
{
    [Fact]
    public async Task Append_SamePublishAgain_IsAnsweredWithTheFirst()
    {
        var harness = new SequencerHarness();
        var first = await harness.PublishAsync("a");

        var again = await harness.PublishAsync("a");

        Assert.Single(harness.Stored);
        Assert.Equal(first.Envelopes.Single(), again.Envelopes.Single());
    }

    [Fact]
    public async Task Append_SamePublishTwiceInOneRequest_IsStoredOnce()
    {
        var harness = new SequencerHarness();

        var outcome = await harness.PublishAsync("a", "b", "a");

        Assert.Equal(2, harness.Stored.Count);
        Assert.Equal(outcome.Envelopes[0], outcome.Envelopes[2]);
    }

    [Fact]
    public async Task Append_SamePublishInTwoRequestsOfABatch_IsStoredOnce()
    {
        var harness = new SequencerHarness();

        var reply = await harness.Sequencer.AppendAsync(TestPublishes.Request("a"), TestPublishes.Request("b", "a"));

        Assert.Equal(2, harness.Stored.Count);
        Assert.Equal(reply.Outcomes[0].Envelopes[0], reply.Outcomes[1].Envelopes[1]);
    }

    [Fact]
    public async Task Append_SamePublishWhileTheFirstIsCommitted_WaitsForItAndIsAnsweredWithIt()
    {
        var harness = new SequencerHarness();
        var hold = new TaskCompletionSource();
        var appends = 0;
        harness.Store.Before = call => call == StoreCall.Append && ++appends == 1 ? hold.Task : Task.CompletedTask;
        var first = harness.PublishAsync("a");
        await Eventually.TrueAsync(() => appends == 1, "the first commit starts");

        var again = harness.PublishAsync("a");
        Assert.False(again.IsCompleted);
        hold.SetResult();

        Assert.Equal((await first).Envelopes.Single(), (await again).Envelopes.Single());
        Assert.Single(harness.Stored);
    }

    [Fact]
    public async Task Append_TheFirstFailedToCommit_ItsRepetitionFailsToo()
    {
        var harness = new SequencerHarness();
        var hold = new TaskCompletionSource();
        var appends = 0;
        harness.Store.Before = call => call == StoreCall.Append && ++appends == 1 ? hold.Task : Task.CompletedTask;
        var first = harness.PublishAsync("a");
        await Eventually.TrueAsync(() => appends == 1, "the first commit starts");
        var again = harness.PublishAsync("a");

        hold.SetException(new StoreException("gone", null, isTransient: true));

        Assert.Equal(PublishStatus.Unavailable, (await first).Status);
        Assert.Equal(PublishStatus.Unavailable, (await again).Status);
    }

    [Fact]
    public async Task Append_SameBytesOfAnotherPayer_IsAnotherPublish()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync(TestPublishes.Request(1, TestPublishes.Entry("a")));

        var other = await harness.PublishAsync(TestPublishes.Request(2, TestPublishes.Entry("a")));

        Assert.Equal(2, harness.Stored.Count);
        Assert.Equal(harness.Stored[1].Entry.Bytes, other.Envelopes.Single());
    }

    [Fact]
    public async Task Append_OtherRetentionOfTheSameClientEnvelope_IsTheSamePublish()
    {
        var harness = new SequencerHarness();
        var first = await harness.PublishAsync(TestPublishes.Request(1, TestPublishes.Entry("a", retentionDays: 30)));

        var again = await harness.PublishAsync(TestPublishes.Request(1, TestPublishes.Entry("a", retentionDays: 60)));

        Assert.Equal(first.Envelopes.Single(), again.Envelopes.Single());
    }

    [Fact]
    public async Task Append_RepeatedAfterARestart_IsAnsweredWithTheStoredOne()
    {
        var harness = new SequencerHarness();
        var first = await harness.PublishAsync("a");
        harness.Clock.Advance(TimeSpan.FromSeconds(20));
        harness.Activate();

        var again = await harness.PublishAsync("a", "b");

        Assert.Equal(first.Envelopes.Single(), again.Envelopes[0]);
        Assert.Equal(2, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_AfterARestart_OlderPublishesAreLoadedBehindTheFirst()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Clock.Advance(TimeSpan.FromMinutes(9));
        await harness.PublishAsync("b");
        var behind = new TaskCompletionSource();
        var reads = 0;
        harness.Store.After = call => call == StoreCall.ReadFingerprints && ++reads == 2 ? behind.Task : Task.CompletedTask;
        harness.Activate();
        await harness.PublishAsync("c");
        await Eventually.TrueAsync(() => reads == 2, "the rest of the window is being read");
        await harness.PublishAsync("a"); // not known yet
        Assert.Equal(4, harness.Stored.Count);

        behind.SetResult();
        await Eventually.TrueAsync(() => harness.Logger.Count("FingerprintsLoaded") > 0, "the rest of the window is loaded");
        await harness.PublishAsync("a");

        Assert.Equal(4, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_OutsideTheWindow_IsANewPublish()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Clock.Advance(harness.Options.DuplicateWindow + TimeSpan.FromSeconds(1));

        await harness.PublishAsync("a");

        Assert.Equal(2, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_TheFirstHasLeftTheRing_IsComparedWithTheStore()
    {
        var harness = new SequencerHarness(new SequencerOptions { RingBatches = 2 });
        var first = await harness.PublishAsync("a");
        foreach (var text in new[] { "b", "c", "d", "e" }) await harness.PublishAsync(text);

        var again = await harness.PublishAsync("a");

        Assert.Equal(first.Envelopes.Single(), again.Envelopes.Single());
        Assert.Equal(5, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_PayerRepeatsOldPublishesWithoutEnd_StoreIsAskedOnlySoOften()
    {
        var harness = new SequencerHarness(new SequencerOptions { RingBatches = 2, DuplicateReadsPerSecond = 1 });
        await harness.PublishAsync("a");
        foreach (var text in new[] { "b", "c", "d", "e" }) await harness.PublishAsync(text);
        var reads = 0;
        harness.Store.Before = call =>
        {
            if (call == StoreCall.ReadEntry) reads++;
            return Task.CompletedTask;
        };

        var outcomes = new List<PublishOutcome>();
        for (var repetition = 0; repetition < 50; repetition++) outcomes.Add(await harness.PublishAsync("a"));

        Assert.InRange(reads, 5, 20); // five seconds' worth, and one for each second that a busy machine takes
        Assert.Equal(reads, outcomes.Count(outcome => outcome.IsAccepted));
        Assert.All(outcomes.Where(outcome => !outcome.IsAccepted), outcome =>
        {
            Assert.Equal(PublishStatus.PayerLimited, outcome.Status);
            Assert.True(outcome.RetryAfter > TimeSpan.Zero);
        });
        Assert.True((await harness.PublishAsync("f")).IsAccepted);
        Assert.Equal(6, harness.Stored.Count);
    }

    [Fact]
    public async Task Append_TheStoreCannotBeAskedAboutARepetition_RefusesOnlyThat()
    {
        var harness = new SequencerHarness(new SequencerOptions { RingBatches = 2 });
        await harness.PublishAsync("a");
        foreach (var text in new[] { "b", "c", "d", "e" }) await harness.PublishAsync(text);
        harness.Store.Before = static call => call == StoreCall.ReadEntry
            ? throw new StoreException("away", null, isTransient: true)
            : Task.CompletedTask;

        var reply = await harness.Sequencer.AppendAsync(TestPublishes.Request("a"), TestPublishes.Request("f"));

        Assert.Equal(PublishStatus.Unavailable, reply.Outcomes[0].Status);
        Assert.False(reply.Ending);
        Assert.True(reply.Outcomes[1].IsAccepted);
    }

    [Fact]
    public async Task Append_TwoPublishesWithOneFingerprint_AreToldApartByTheirBytes()
    {
        var harness = new SequencerHarness();
        var first = TestPublishes.Entry("a");
        var other = TestPublishes.Entry("b");
        var forged = new PublishEntry
        {
            PayerEnvelope = other.PayerEnvelope,
            ClientStart = other.ClientStart,
            ClientLength = other.ClientLength,
            Topic = other.Topic,
            RetentionDays = other.RetentionDays,
            ClientDigest = first.ClientDigest,
        };
        await harness.PublishAsync(TestPublishes.Request(1, first));

        var outcome = await harness.PublishAsync(TestPublishes.Request(1, forged));

        Assert.Equal(2, harness.Stored.Count);
        Assert.Equal(other.PayerEnvelope, SequencerHarness.Parse(outcome.Envelopes.Single()).Payer.Bytes.ToArray());
    }

    [Fact]
    public void Window_BeyondItsCount_ForgetsTheOldest()
    {
        var window = new DuplicateWindow(maxCount: 100, segmentCount: 10);

        for (var at = 1; at <= 1_000; at++) window.Add(at * 7_919L, new SequenceId((ulong)at), at);

        Assert.InRange(window.Count, 90, 100);
        Assert.True(window.TryFind(1_000 * 7_919L, out var newest));
        Assert.Equal(new SequenceId(1_000), newest);
        Assert.False(window.TryFind(7_919L, out _));
        Assert.InRange(window.OldestNs, 900, 911);
    }

    [Fact]
    public void Window_SameFingerprintAgain_FindsTheNewest()
    {
        var window = new DuplicateWindow(maxCount: 100, segmentCount: 10);
        for (var at = 1; at <= 30; at++) window.Add(at % 3, new SequenceId((ulong)at), at);

        Assert.True(window.TryFind(0, out var sequence));
        Assert.Equal(new SequenceId(30), sequence);
    }

    [Fact]
    public void Window_AgainstADictionary_FindsTheSame()
    {
        var random = new Random(5);
        var window = new DuplicateWindow(maxCount: 1_000_000, segmentCount: 3_000);
        var known = new Dictionary<long, ulong>();
        for (ulong at = 20_000; at > 10_000; at--)
        {
            var fingerprint = random.NextInt64(1, 30_000);
            Assert.True(window.AddOlder(new StoredFingerprint(fingerprint, new SequenceId(at), (long)at)));
            known.TryAdd(fingerprint, at);
        }

        for (ulong at = 20_001; at < 40_000; at++)
        {
            var fingerprint = random.NextInt64(1, 30_000);
            window.Add(fingerprint, new SequenceId(at), (long)at);
            known[fingerprint] = at;
        }

        for (var fingerprint = 1L; fingerprint < 30_000; fingerprint++)
        {
            Assert.Equal(known.TryGetValue(fingerprint, out var expected), window.TryFind(fingerprint, out var found));
            Assert.Equal(expected, found.Value);
        }
    }

    [Fact]
    public void Window_Trimmed_ForgetsWholeSegmentsThatAreTooOld()
    {
        var window = new DuplicateWindow(maxCount: 1_000, segmentCount: 10);
        for (var at = 1; at <= 100; at++) window.Add(at, new SequenceId((ulong)at), at);

        window.Trim(beforeNs: 55);

        Assert.Equal(50, window.Count);
        Assert.False(window.TryFind(50, out _));
        Assert.True(window.TryFind(51, out _));
    }
}
