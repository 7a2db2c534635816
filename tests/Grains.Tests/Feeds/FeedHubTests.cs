using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds;

public sealed class FeedHubTests
{
    private static readonly Topic A = FeedModel.TopicOf(1);

    [Fact]
    public void LostBatch_NextBatchShowsTheGap_IsReplayedFromTheStore() => Pump.Run(1, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:1", "100:2"], reader.Positions);
    });

    [Fact]
    public void LostBatch_NothingFollows_IsFoundByTheStoresMark() => Pump.Run(2, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        await FeedHarness.SettleAsync();
        Assert.Empty(reader.Entries);
        await harness.PassAsync(TimeSpan.FromMilliseconds(1_600));

        Assert.Equal(["100:1"], reader.Positions);
    });

    [Fact]
    public void StoreIsAwayForAMinute_IsSaidOnceAndWhenItIsBack() => Pump.Run(9, async _ =>
    {
        await using var harness = new FeedHarness();
        await FeedHarness.SettleAsync();
        harness.Model.Store.Before = static call => call == StoreCall.ReadMarks
            ? throw new StoreException("away", null, isTransient: true)
            : Task.CompletedTask;
        await harness.PassAsync(TimeSpan.FromMinutes(1));
        Assert.Equal((1, 0), (harness.Logger.Count("MarksUnavailable"), harness.Logger.Count("MarksAvailable")));

        harness.Model.Store.Before = static _ => Task.CompletedTask;
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal((1, 1), (harness.Logger.Count("MarksUnavailable"), harness.Logger.Count("MarksAvailable")));
    });

    [Fact]
    public void RingForgotBatches_TheStoreHasThem() => Pump.Run(3, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.LogsAway = true;
        harness.Model.WakeReaders();
        harness.Model.Append(100, A, A);
        harness.Model.ResetRing(100);
        harness.Model.Append(100, A);
        harness.Model.LogsAway = false;
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(["100:1", "100:2", "100:3"], reader.Positions);
    });

    [Fact]
    public void LongGap_IsJumpedOver_StreamsReadHistoryAndTapsAreTold() => Pump.Run(4, async _ =>
    {
        var tap = new Tap();
        await using var harness = new FeedHarness(new FeedOptions { ReplayLimit = 3 }, taps: tap);
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, inRing: false, [.. Enumerable.Repeat(FeedModel.New(A), 10)]);
        harness.Model.Append(100, A);
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(Enumerable.Range(1, 12).Select(n => $"100:{n}"), reader.Positions);
        Assert.Equal(["100:1 live", "skip 100", "100:12 live"], tap.Seen);
    });

    [Fact]
    public void Replay_TapsAreTold() => Pump.Run(5, async _ =>
    {
        var tap = new Tap();
        await using var harness = new FeedHarness(taps: tap);
        await FeedHarness.SettleAsync();
        harness.Model.Append(1, A);
        await FeedHarness.SettleAsync();
        harness.Model.Append(1, inRing: false, FeedModel.New(A));
        harness.Model.Append(1, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["1:1 live", "1:2 replayed", "1:3 live"], tap.Seen);
    });

    [Fact]
    public void StoreHasMoreAndCannotBeRead_StreamsEndAfterFiveSeconds() => Pump.Run(6, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { ReplayLimit = 100 });
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.LogReadsFail = true;
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        await harness.PassAsync(TimeSpan.FromSeconds(4.5));
        Assert.False(reader.Ended);
        await harness.PassAsync(TimeSpan.FromSeconds(1.5));

        Assert.True(reader.Ended);
        await reader.ReadOnceAsync();
        Assert.Equal(FeedStreamKind.FeedLost, reader.Kinds[^1]);
        harness.Model.LogReadsFail = false;
        await using var later = Follow(harness);
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(["100:1"], later.Positions);
    });

    [Fact]
    public void StoreAwayWhileTheFeedIsBehind_TheTimeDoesNotCount() => Pump.Run(14, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { ReplayLimit = 100 });
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.LogReadsFail = true;
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        await harness.PassAsync(TimeSpan.FromSeconds(3));
        harness.Model.StoreAway = true;
        await harness.PassAsync(TimeSpan.FromSeconds(20));
        harness.Model.StoreAway = false;
        await harness.PassAsync(TimeSpan.FromSeconds(3));
        Assert.False(reader.Ended);
        harness.Model.LogReadsFail = false;
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(["100:1"], reader.Positions);
        Assert.False(reader.Ended);
    });

    [Fact]
    public void StoreAway_StreamsStayOpenAndGoOn() => Pump.Run(7, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = Follow(harness);
        await FeedHarness.SettleAsync();
        harness.Model.StoreAway = true;
        await harness.PassAsync(TimeSpan.FromSeconds(20));
        harness.Model.StoreAway = false;
        harness.Model.Append(100, A);
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(["100:1"], reader.Positions);
        Assert.False(reader.Ended);
    });

    [Fact]
    public void Start_StoreAway_StreamsWaitForIt() => Pump.Run(8, async _ =>
    {
        await using var harness = new FeedHarness(prepare: model =>
        {
            model.StoreAway = true;
            model.Append(100, A);
        });
        await using var reader = Follow(harness);
        await using var fromNow = new StreamReader(harness.Hub.FollowAll());
        var reading = fromNow.ReadAsync();
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        harness.Model.StoreAway = false;
        await harness.PassAsync(TimeSpan.FromSeconds(1));
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:1", "100:2"], reader.Positions);
        Assert.Equal(["100:2"], fromNow.Positions);
    });

    [Fact]
    public void Marks_Change_AreHandedOutMergedAndTheFirstAtOnce() => Pump.Run(9, async _ =>
    {
        await using var harness = new FeedHarness(prepare: model => model.Append(100, A));
        var seen = new List<Cursor>();
        using var stop = new CancellationTokenSource();
        var release = new TaskCompletionSource();
        var following = FollowAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        harness.Model.Append(1, A);
        await FeedHarness.SettleAsync();
        release.SetResult();
        await FeedHarness.SettleAsync();
        stop.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => following);

        Assert.Equal([Cursor.Of(new(100), new(1)), Cursor.Of(new(100), new(2)).With(new(1), new(1))], seen);

        async Task FollowAsync()
        {
            await foreach (var marks in harness.Hub.FollowMarksAsync(stop.Token))
            {
                seen.Add(marks);
                await release.Task;
            }
        }
    });

    [Fact]
    public void WaitFor_MarkArrives_IsTrue_ElseFalseAfterTheWait() => Pump.Run(10, async _ =>
    {
        await using var harness = new FeedHarness();
        await FeedHarness.SettleAsync();
        var arrives = harness.Hub.WaitForAsync(Cursor.Of(new(100), new(1)), TimeSpan.FromSeconds(1), CancellationToken.None).AsTask();
        var never = harness.Hub.WaitForAsync(Cursor.Of(new(100), new(2)), TimeSpan.FromSeconds(1), CancellationToken.None).AsTask();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        Assert.True(await arrives);
        Assert.False(never.IsCompleted);
        await harness.PassAsync(TimeSpan.FromSeconds(1.1));
        Assert.False(await never);
    });

    private static StreamReader Follow(FeedHarness harness)
    {
        var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        reader.Reading = reader.ReadAsync();
        return reader;
    }

    private sealed class Tap : IFeedTap
    {
        public List<string> Seen { get; } = [];

        public void Take(OriginatorId originator, ReadOnlySpan<LogEntry> entries, bool replayed)
        {
            foreach (var entry in entries)
            {
                Seen.Add($"{originator}:{entry.Sequence} {(replayed ? "replayed" : "live")}");
            }
        }

        public void Skip(OriginatorId originator) => Seen.Add($"skip {originator}");
    }

    [Fact]
    public void Stop_ALogDoesNotAnswer_DoesNotWaitForIt() => Pump.Run(90, async _ =>
    {
        var clock = new FakeTimeProvider();
        var source = new SilentSource();
        var hub = new FeedHub(
            source, new FeedModel(clock).Store, [], Options.Create(new FeedOptions()), new FeedMetrics(new NoMeters()), clock,
            NullLogger<FeedHub>.Instance, work => work.Execute());
        using var stop = new CancellationTokenSource();
        var running = hub.RunAsync(stop.Token);
        await FeedHarness.SettleAsync();
        Assert.Equal(1, source.Reads);

        stop.Cancel();
        await FeedHarness.SettleAsync();

        Assert.True(running.IsCompletedSuccessfully);
    });

    private sealed class SilentSource : IFeedSource
    {
        public int Reads { get; private set; }

        public IReadOnlyList<OriginatorId> Followed { get; } = [new(100)];

        public Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait)
        {
            Reads++;
            return new TaskCompletionSource<FeedReply>().Task;
        }

        public void Missed(OriginatorId originator)
        {
        }
    }
}
