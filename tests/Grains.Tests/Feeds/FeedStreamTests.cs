using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds;

public sealed class FeedStreamTests
{
    private static readonly Topic A = FeedModel.TopicOf(1);
    private static readonly Topic B = FeedModel.TopicOf(2);
    private static readonly Topic C = FeedModel.TopicOf(3);

    [Fact]
    public void Topics_HistoryThenLive_EachOnceInOrderWithCaughtUpBetween() => Pump.Run(1, async _ =>
    {
        await using var harness = new FeedHarness();
        harness.Model.Append(100, A, B, A);
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty), new(B, Cursor.Of(new(100), new(2)))]));
        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, B, C, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:1", "100:3", "100:4", "100:6"], reader.Positions);
        Assert.Equal([FeedStreamKind.Entries, FeedStreamKind.CaughtUp, FeedStreamKind.Entries], reader.Kinds);
    });

    [Fact]
    public void Topics_SeveralInOneCommit_KeepTheLogsOrder() => Pump.Run(2, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty), new(B, Cursor.Empty)]));
        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A, B, A, B, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:1", "100:2", "100:3", "100:4", "100:5"], reader.Positions);
    });

    [Fact]
    public void Topics_SameTopicTwice_FirstPositionCounts() => Pump.Run(3, async _ =>
    {
        await using var harness = new FeedHarness();
        harness.Model.Append(100, A, A);
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Of(new(100), new(1))), new(A, Cursor.Empty)]));
        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:2", "100:3"], reader.Positions);
    });

    [Fact]
    public void Topics_CursorAheadOfTheNode_EntriesTheReaderHasAreLeftOut() => Pump.Run(4, async _ =>
    {
        await using var harness = new FeedHarness();
        harness.Model.Append(100, A);
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Of(new(100), new(3))), new(B, Cursor.Empty)]));
        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, B, A, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:2", "100:4"], reader.Positions);
    });

    [Fact]
    public void Topics_NotServable_IsNotDelivered() => Pump.Run(5, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var topics = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        await using var logs = new StreamReader(harness.Hub.FollowOriginators([new(200)], Cursor.Empty));
        await using var all = new StreamReader(harness.Hub.FollowAll());
        Task[] reading = [topics.ReadAsync(), logs.ReadAsync(), all.ReadAsync()];
        await FeedHarness.SettleAsync();
        harness.Model.Append(200, inRing: true, FeedModel.New(A, servable: false), FeedModel.New(A));
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(["200:2"], topics.Positions);
        Assert.Equal(["200:1", "200:2"], logs.Positions);
        Assert.Equal(["200:2"], all.Positions);
    });

    [Fact]
    public void Topics_Expired_IsNotDelivered() => Pump.Run(6, async _ =>
    {
        await using var harness = new FeedHarness();
        var now = harness.Clock.GetUtcNow().ToUnixTimeSeconds();
        harness.Model.Append(100, inRing: true, FeedModel.New(A, expirySeconds: now), FeedModel.New(A, expirySeconds: now + 1));
        await using var topics = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        await using var logs = new StreamReader(harness.Hub.FollowOriginators([new(100)], Cursor.Empty));
        Task[] reading = [topics.ReadAsync(), logs.ReadAsync()];
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, inRing: true, FeedModel.New(A, expirySeconds: now), FeedModel.New(A, expirySeconds: now + 1));
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:2", "100:4"], topics.Positions);
        Assert.Equal(["100:1", "100:2", "100:3", "100:4"], logs.Positions);
    });

    [Fact]
    public void Originators_NoCursor_OnlyWhatIsCommittedFromNowOn() => Pump.Run(7, async _ =>
    {
        await using var harness = new FeedHarness();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();
        await using var reader = new StreamReader(harness.Hub.FollowOriginators([new(100)], null));
        harness.Model.Append(100, B);
        harness.Model.Append(1, B);
        await FeedHarness.SettleAsync();
        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();

        Assert.Equal(["100:2"], reader.Positions);
        Assert.Equal([FeedStreamKind.CaughtUp, FeedStreamKind.Entries], reader.Kinds);
    });

    [Fact]
    public void All_FollowsLogsThatAppearLater() => Pump.Run(8, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = new StreamReader(harness.Hub.FollowAll());
        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A);
        harness.Model.Append(300, A, B);
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(["100:1", "300:1", "300:2"], reader.Positions);
    });

    [Fact]
    public void SlowReader_OverflowsItsList_GetsTheRestFromTheStore() => Pump.Run(9, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { StreamBacklog = 4 });
        var stream = (FeedStream)harness.Hub.FollowTopics([new(A, Cursor.Empty)]);
        await using var reader = new StreamReader(stream);
        await reader.ReadOnceAsync();
        for (var at = 0; at < 20; at++)
        {
            harness.Model.Append(100, A);
            await FeedHarness.SettleAsync();
            Assert.InRange(stream.Backlog, 0, 4);
        }

        var reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        Assert.Equal(Enumerable.Range(1, 21).Select(n => $"100:{n}"), reader.Positions);
        Assert.Equal(1, reader.Kinds.Count(kind => kind == FeedStreamKind.CaughtUp));
    });

    [Fact]
    public void SlowReader_LaggingSeveralCommits_GetsThemTogether() => Pump.Run(10, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        await reader.ReadOnceAsync();
        for (var at = 0; at < 6; at++)
        {
            harness.Model.Append(100, A);
            await FeedHarness.SettleAsync();
        }

        await reader.ReadOnceAsync();

        Assert.Equal(6, reader.Batches.Single().Count);
    });

    [Fact]
    public void SlowReader_LaggingCommitsOfSeveralTopics_KeepsTheLogsOrder() => Pump.Run(17, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty), new(B, Cursor.Empty)]));
        await reader.ReadOnceAsync();
        for (var at = 0; at < 5; at++)
        {
            harness.Model.Append(100, A, B, A);
            await FeedHarness.SettleAsync();
        }

        await reader.ReadOnceAsync();

        Assert.Equal(Enumerable.Range(1, 15).Select(n => $"100:{n}"), reader.Positions);
    });

    [Fact]
    public void ManyReaders_SameTopic_GetTheSameObject() => Pump.Run(11, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var one = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        await using var other = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty), new(B, Cursor.Empty)]));
        Task[] reading = [one.ReadAsync(), other.ReadAsync()];
        await FeedHarness.SettleAsync();
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        Assert.Same(one.Batches.Single(), other.Batches.Single());
        Assert.Same(one.Batches[0].Attached(entries => new Frame(entries.Count)), other.Batches[0].Attached(entries => new Frame(entries.Count)));
    });

    [Fact]
    public void Read_NothingComes_IsIdleAfterTheTimeNamed() => Pump.Run(12, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        await reader.ReadOnceAsync();
        var read = reader.ReadOnceAsync(TimeSpan.FromSeconds(3));
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.False(read.IsCompleted);
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        await read;

        Assert.Equal([FeedStreamKind.CaughtUp, FeedStreamKind.Idle], reader.Kinds);
    });

    [Fact]
    public void Read_CancelledWhileItWaits_ThrowsAndLaterReadsGoOn() => Pump.Run(13, async _ =>
    {
        await using var harness = new FeedHarness();
        await using var stream = harness.Hub.FollowTopics([new(A, Cursor.Empty)]);
        await stream.ReadAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
        using var cancel = new CancellationTokenSource();
        var read = stream.ReadAsync(Timeout.InfiniteTimeSpan, cancel.Token).AsTask();
        await FeedHarness.SettleAsync();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        harness.Model.Append(100, A);
        await FeedHarness.SettleAsync();

        var batch = await stream.ReadAsync(Timeout.InfiniteTimeSpan, CancellationToken.None);
        Assert.Equal(new SequenceId(1), batch.Entries.Single().Sequence);
    });

    [Fact]
    public void Dispose_LeavesNothingRegistered() => Pump.Run(14, async random =>
    {
        await using var harness = new FeedHarness();
        var streams = new List<IFeedStream>();
        for (var at = 0; at < 50; at++)
        {
            var topics = Enumerable.Range(0, 600).Select(number => new TopicPosition(
                Topic.Of(TopicKind.GroupMessages, BitConverter.GetBytes(random.Next(2_000))), Cursor.Empty)).ToArray();
            streams.Add(harness.Hub.FollowTopics(topics));
            streams.Add(harness.Hub.FollowOriginators([new(100), new(1)], null));
            streams.Add(harness.Hub.FollowAll());
        }

        Assert.Equal(150, harness.Hub.CountRegistrations().Streams);
        foreach (var stream in streams.OrderBy(_ => random.Next()))
        {
            await stream.DisposeAsync();
            await stream.DisposeAsync();
        }

        Assert.Equal((0, 0, 0), harness.Hub.CountRegistrations());
    });

    [Fact]
    public void History_StoreAway_ReadFailsAndContinuesAtTheSamePlace() => Pump.Run(15, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { BatchCount = 2 });
        harness.Model.Append(100, A, A, A);
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Empty)]));
        await reader.ReadOnceAsync();
        harness.Model.StoreAway = true;
        await Assert.ThrowsAsync<StoreException>(reader.ReadOnceAsync);
        harness.Model.StoreAway = false;
        await reader.ReadOnceAsync();
        await reader.ReadOnceAsync();

        Assert.Equal(["100:1", "100:2", "100:3"], reader.Positions);
        Assert.Equal(FeedStreamKind.CaughtUp, reader.Kinds[^1]);
    });

    [Fact]
    public void Topics_CursorAtTheMarks_HistoryIsNotRead() => Pump.Run(16, async _ =>
    {
        await using var harness = new FeedHarness();
        harness.Model.Append(100, A, B);
        await using var reader = new StreamReader(harness.Hub.FollowTopics([new(A, Cursor.Of(new(100), new(2)))]));
        await reader.ReadOnceAsync();

        Assert.Equal([FeedStreamKind.CaughtUp], reader.Kinds);
        Assert.DoesNotContain(StoreCall.ReadTopics, harness.Model.Calls.Keys);
    });

    private sealed record Frame(int Count);
}
