using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Feeds;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Topics;

public sealed class NodeReaderTests
{
    private static readonly Topic A = FeedModel.TopicOf(1);
    private static readonly Topic B = FeedModel.TopicOf(2);
    private static readonly Topic Keys = FeedModel.TopicOf(3, TopicKind.KeyPackages);

    [Fact]
    public void Topic_AskedBeforeTheFeedStarted_AnswersOnceItRuns() => Pump.Run(20, async _ =>
    {
        var marks = new TaskCompletionSource();
        await using var harness = new ReaderHarness(prepare: model => model.HoldFirstMarks(marks.Task));
        var topic = FeedModel.TopicOf(1);
        var tail = harness.NewTail(topic);
        var query = new TopicQuery { Marks = Cursor.Empty, NowSeconds = 0, Count = 10, Bytes = 100 };
        Assert.Equal(TopicReplyStatus.AskStore, (await tail.QueryAsync(query, CancellationToken.None)).Status);
        marks.SetResult();
        await FeedHarness.SettleAsync();

        Assert.Equal(TopicReplyStatus.Answered, (await tail.QueryAsync(query, CancellationToken.None)).Status);
    });

    [Fact]
    public void Query_SecondReadWithinTheMinute_WakesTheTopicAndLaterReadsNeedNoStore() => Pump.Run(1, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, A, B, A);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        Assert.Equal(0, harness.GrainsWoken);
        await harness.QueryAsync(A);
        Assert.Equal(1, harness.GrainsWoken);
        harness.Model.Append(100, A);
        harness.Model.Calls.Clear();

        var page = await harness.QueryAsync(A);

        Assert.Equal(["100:1", "100:3", "100:4"], Names(page));
        Assert.False(page.More);
        Assert.Equal([StoreCall.ReadMarks], harness.Model.Calls.Keys);
    });

    [Fact]
    public void Query_LogsAtRestSinceTheStart_SecondReadNeedsNoStore() => Pump.Run(18, async _ =>
    {
        await using var harness = new ReaderHarness(prepare: model =>
        {
            model.Append(0, inRing: false, FeedModel.New(B));
            model.Append(100, inRing: false, FeedModel.New(A), FeedModel.New(B), FeedModel.New(A));
        });
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        harness.Model.Calls.Clear();

        Assert.Equal(["100:1", "100:3"], Names(await harness.QueryAsync(A)));
        Assert.Equal("100:3", Name(await harness.NewestAsync(A)));
        Assert.DoesNotContain(StoreCall.ReadTopics, harness.Model.Calls.Keys);
        Assert.DoesNotContain(StoreCall.ReadNewest, harness.Model.Calls.Keys);
        Assert.Equal(1, harness.Model.Calls[StoreCall.ReadTopicTail]);
    });

    [Fact]
    public void Query_LogAtRestHereGrowsElsewhere_OldMarksAreNotVouchedFor() => Pump.Run(19, async _ =>
    {
        await using var harness = new ReaderHarness(prepare: model => model.Append(100, inRing: false, FeedModel.New(A)));
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        await harness.QueryAsync(A);

        // As another process does it that took the log over: nothing of it passes the ring that this one reads.
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        var (query, newest) = (harness.QueryAsync(A), harness.NewestAsync(A));
        await harness.Feed.PassAsync(TimeSpan.FromMilliseconds(30));

        Assert.Equal(["100:1", "100:2"], Names(await query));
        Assert.Equal("100:2", Name(await newest));

        await harness.Feed.PassAsync(TimeSpan.FromSeconds(2));
        harness.Model.Calls.Clear();
        Assert.Equal(["100:1", "100:2"], Names(await harness.QueryAsync(A)));
        Assert.DoesNotContain(StoreCall.ReadTopics, harness.Model.Calls.Keys);
    });

    [Fact]
    public void Query_TopicLivesInThisProcess_IsReadPastItsGrainWhichIsRemindedInTime() => Pump.Run(20, async _ =>
    {
        var options = new TopicOptions { IdleAfter = TimeSpan.FromSeconds(80) };
        await using var harness = new ReaderHarness(options);
        harness.Model.Append(100, A, B);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        await harness.QueryAsync(A);
        Assert.Equal(1, harness.GrainCalls);
        for (var turn = 0; turn < 20; turn++)
        {
            harness.Model.Append(100, A);
            await FeedHarness.SettleAsync();
            Assert.Equal(2 + turn, (await harness.QueryAsync(A)).Entries.Count);
            Assert.Equal($"100:{turn + 3}", Name(await harness.NewestAsync(A)));
        }

        Assert.Equal(1, harness.GrainCalls);
        await harness.Feed.PassAsync(options.IdleAfter / 4 + TimeSpan.FromSeconds(1));
        await harness.QueryAsync(A);
        Assert.Equal(2, harness.GrainCalls);
    });

    [Fact]
    public void Query_GrainWentAway_ItsTailIsNotReadAnyMore() => Pump.Run(21, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        await harness.QueryAsync(A);
        harness.Deactivate(A);
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        for (var read = 0; read < 3; read++) Assert.Equal(["100:1", "100:2"], Names(await harness.QueryAsync(A)));
        Assert.Equal(2, harness.GrainCalls);
        Assert.Equal(2, harness.Model.Calls[StoreCall.ReadTopicTail]);
    });

    [Fact]
    public void Query_ReadsFarApart_GoToTheStore() => Pump.Run(2, async _ =>
    {
        await using var harness = new ReaderHarness(new TopicOptions { WakeWithin = TimeSpan.FromSeconds(5) });
        await FeedHarness.SettleAsync();
        for (var read = 0; read < 3; read++)
        {
            await harness.QueryAsync(A);
            await harness.Feed.PassAsync(TimeSpan.FromSeconds(7));
        }

        Assert.Equal(0, harness.GrainsWoken);
    });

    [Fact]
    public void Query_ManyTopics_IsOneQueryOfTheStore() => Pump.Run(3, async _ =>
    {
        await using var harness = new ReaderHarness(new TopicOptions { FewTopics = 1 });
        harness.Model.Append(100, A, B);
        await FeedHarness.SettleAsync();
        for (var read = 0; read < 3; read++) Assert.Equal(["100:1", "100:2"], Names(await harness.QueryAsync(A, B, A)));

        Assert.Equal(0, harness.GrainsWoken);
        Assert.Equal(3, harness.Model.Calls[StoreCall.ReadTopics]);
    });

    [Fact]
    public void Query_CursorBeforeTheTail_IsAnsweredByTheStore() => Pump.Run(4, async _ =>
    {
        await using var harness = new ReaderHarness(new TopicOptions { TailCount = 2 });
        harness.Model.Append(100, A, A, A, A, A);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        await harness.QueryAsync(A);
        harness.Model.Calls.Clear();

        Assert.Equal(["100:4", "100:5"], Names(await harness.QueryAsync(Cursor.Of(new(100), new(3)), new(9, 99), A)));
        Assert.DoesNotContain(StoreCall.ReadTopics, harness.Model.Calls.Keys);
        Assert.Equal(["100:3", "100:4", "100:5"], Names(await harness.QueryAsync(Cursor.Of(new(100), new(2)), new(9, 99), A)));
        Assert.Contains(StoreCall.ReadTopics, harness.Model.Calls.Keys);
    });

    [Fact]
    public void Query_Limits_CutThePageAndKeepAtLeastOne() => Pump.Run(5, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, A, A, A);
        harness.Model.Append(0, A);
        await FeedHarness.SettleAsync();
        for (var turn = 0; turn < 3; turn++)
        {
            var byCount = await harness.QueryAsync(Cursor.Empty, new PageLimit(2, 99), A);
            Assert.Equal(["0:1", "100:1"], Names(byCount));
            Assert.True(byCount.More);
            var byBytes = await harness.QueryAsync(Cursor.Empty, new PageLimit(9, 3), A);
            Assert.Equal(["0:1", "100:1", "100:2"], Names(byBytes));
            Assert.True(byBytes.More);
            Assert.Equal(["0:1"], Names(await harness.QueryAsync(Cursor.Empty, new PageLimit(9, 0), A)));
            Assert.False((await harness.QueryAsync(Cursor.Empty, new PageLimit(4, 99), A)).More);
        }
    });

    [Fact]
    public void Query_SeveralTopics_OneCut_NothingBehindTheCutIsShown() => Pump.Run(6, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, inRing: true, FeedModel.New(A, bytes: 4), FeedModel.New(A, bytes: 8), FeedModel.New(B), FeedModel.New(B));
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        for (var turn = 0; turn < 3; turn++)
        {
            var page = await harness.QueryAsync(Cursor.Empty, new PageLimit(9, 10), A, B);
            Assert.Equal(["100:1"], Names(page));
            Assert.True(page.More);
        }
    });

    [Fact]
    public void Query_FeedBehind_StoreAnswersAfterTheWait() => Pump.Run(7, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        await harness.QueryAsync(A);
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        harness.Model.Calls.Clear();

        var query = harness.QueryAsync(A);
        await FeedHarness.SettleAsync();
        Assert.False(query.IsCompleted);
        await harness.Feed.PassAsync(TimeSpan.FromMilliseconds(30));

        Assert.Equal(["100:1", "100:2"], Names(await query));
        Assert.Contains(StoreCall.ReadTopics, harness.Model.Calls.Keys);
    });

    [Fact]
    public void Query_FeedJumped_TailIsLoadedAgain() => Pump.Run(8, async _ =>
    {
        await using var harness = new ReaderHarness(feed: new() { ReplayLimit = 0 });
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        await harness.QueryAsync(A);
        harness.Model.Append(100, inRing: false, FeedModel.New(A));
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        harness.Model.Calls.Clear();

        Assert.Equal(["100:1", "100:2", "100:3"], Names(await harness.QueryAsync(A)));
        Assert.Equal(["100:1", "100:2", "100:3"], Names(await harness.QueryAsync(A)));
        Assert.Equal(1, harness.Model.Calls[StoreCall.ReadTopicTail]);
        Assert.DoesNotContain(StoreCall.ReadTopics, harness.Model.Calls.Keys);
    });

    [Fact]
    public void Query_Expired_HiddenButTheNewestKeyPackage() => Pump.Run(9, async _ =>
    {
        await using var harness = new ReaderHarness();
        var now = harness.Feed.Clock.GetUtcNow().ToUnixTimeSeconds();
        harness.Model.Append(
            100, inRing: true, FeedModel.New(A, expirySeconds: now), FeedModel.New(A, expirySeconds: now + 1),
            FeedModel.New(Keys, expirySeconds: now), FeedModel.New(Keys, expirySeconds: now));
        await FeedHarness.SettleAsync();
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Equal(["100:2"], Names(await harness.QueryAsync(A)));
            Assert.Equal(["100:4"], Names(await harness.QueryAsync(Keys)));
            Assert.Equal("100:2", Name(await harness.NewestAsync(A)));
            Assert.Equal("100:4", Name(await harness.NewestAsync(Keys)));
        }

        Assert.Equal(2, harness.GrainsWoken);
    });

    [Fact]
    public void Query_ServeExpired_ShowsThem() => Pump.Run(10, async _ =>
    {
        await using var harness = new ReaderHarness(reading: new ReadingOptions { ServeExpired = true });
        harness.Model.Append(100, inRing: true, FeedModel.New(A, expirySeconds: 1));
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:1"], Names(await harness.QueryAsync(A)));
        Assert.Equal(["100:1"], Names(await harness.QueryAsync(A)));
    });

    [Fact]
    public void Newest_KeyPackages_ByOriginationElseByArrival() => Pump.Run(11, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(200, Keys, A, B, B);
        harness.Model.Append(200, Keys, A);
        harness.Model.Append(100, Keys, A);
        await harness.Feed.PassAsync(TimeSpan.FromSeconds(2));
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Equal("200:5", Name(await harness.NewestAsync(Keys)));
            Assert.Equal("100:2", Name(await harness.NewestAsync(A)));
        }

        Assert.Equal(2, harness.GrainsWoken);
    });

    [Fact]
    public void Newest_RepeatedAndUnknownTopics_KeepTheirPlaces() => Pump.Run(12, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, A, B);
        await FeedHarness.SettleAsync();
        await harness.NewestAsync(A);
        for (var turn = 0; turn < 3; turn++)
        {
            var newest = await harness.Reader.NewestAsync([A, Keys, B, A], CancellationToken.None);
            Assert.Equal(["100:1", null, "100:2", "100:1"], newest.Select(Name));
        }
    });

    [Fact]
    public void Newest_EverythingInTheTailExpired_StoreLooksFurtherBack() => Pump.Run(13, async _ =>
    {
        await using var harness = new ReaderHarness(new TopicOptions { TailCount = 1 });
        harness.Model.Append(100, inRing: true, FeedModel.New(A), FeedModel.New(A, expirySeconds: 1));
        await FeedHarness.SettleAsync();

        for (var turn = 0; turn < 3; turn++) Assert.Equal("100:1", Name(await harness.NewestAsync(A)));
        Assert.Equal(1, harness.GrainsWoken);
    });

    [Fact]
    public void Tails_SiloIsFull_StoreAnswersAndTheTopicRests() => Pump.Run(14, async _ =>
    {
        await using var harness = new ReaderHarness(new TopicOptions { TailsPerSilo = 1 });
        harness.Model.Append(100, A, B);
        await FeedHarness.SettleAsync();
        for (var turn = 0; turn < 4; turn++)
        {
            Assert.Equal(["100:1"], Names(await harness.QueryAsync(A)));
            Assert.Equal(["100:2"], Names(await harness.QueryAsync(B)));
        }

        Assert.Equal(1, harness.Tails.Count);
        Assert.Equal(1, harness.Model.Calls[StoreCall.ReadTopicTail]);
        harness.Deactivate(A);
        Assert.Equal((0, 0), (harness.Tails.Count, harness.Tails.Bytes));
    });

    [Fact]
    public void Tails_StoreFailsDuringTheLoad_NextReadLoadsAgain() => Pump.Run(15, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        await harness.QueryAsync(A);
        harness.Model.StoreAway = true;
        await Assert.ThrowsAsync<StoreException>(() => harness.QueryAsync(A));
        harness.Model.StoreAway = false;

        Assert.Equal(["100:1"], Names(await harness.QueryAsync(A)));
        harness.Model.Calls.Clear();
        Assert.Equal(["100:1"], Names(await harness.QueryAsync(A)));
        Assert.Equal([StoreCall.ReadMarks], harness.Model.Calls.Keys);
    });

    [Fact]
    public void WaitForMarks_ReachedOrNot_ReturnsTheMarksLastSeen() => Pump.Run(16, async _ =>
    {
        await using var harness = new ReaderHarness();
        await FeedHarness.SettleAsync();
        var wanted = Cursor.Of(new(0), new(1));
        var waiting = harness.Reader.WaitForMarksAsync(wanted, TimeSpan.FromSeconds(1), CancellationToken.None).AsTask();
        var never = harness.Reader.WaitForMarksAsync(Cursor.Of(new(0), new(5)), TimeSpan.FromSeconds(1), CancellationToken.None).AsTask();
        await FeedHarness.SettleAsync();
        Assert.False(waiting.IsCompleted);
        harness.Model.Append(0, A);
        await FeedHarness.SettleAsync();
        Assert.Equal(wanted, await waiting);
        Assert.False(never.IsCompleted);
        await harness.Feed.PassAsync(TimeSpan.FromSeconds(1.2));

        Assert.Equal(wanted, await never);
    });

    [Fact]
    public void QueryOriginators_ShowsWhatIsNotServableByTopic() => Pump.Run(17, async _ =>
    {
        await using var harness = new ReaderHarness();
        harness.Model.Append(200, inRing: true, FeedModel.New(A, servable: false), FeedModel.New(A));

        var page = await harness.Reader.QueryOriginatorsAsync([new(200), new(200)], Cursor.Empty, new(9, 99), CancellationToken.None);

        Assert.Equal(["200:1", "200:2"], Names(page));
    });

    private static IEnumerable<string?> Names(EntryPage page) => page.Entries.Select(Name);

    private static string? Name(LogEntry? entry) => entry is null ? null : $"{entry.Originator}:{entry.Sequence}";
}
