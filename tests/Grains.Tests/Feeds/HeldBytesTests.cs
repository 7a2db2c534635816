using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Feeds;

public sealed class HeldBytesTests
{
    private const int Entry = 1_000;
    private const int Limit = 200_000;

    private static readonly Topic A = FeedModel.TopicOf(1);

    [Fact]
    public void History_ManyReadersThatTakeNothing_GetLittleEachAndHoldNoMoreThanTheLimit() => Pump.Run(1, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { HeldBytes = Limit, BatchBytes = 40 * Entry });
        Append(harness, 100, count: 60, Entry);
        var readers = Enumerable.Range(0, 50).Select(_ => Follow(harness)).ToList();

        foreach (var reader in readers) await reader.ReadOnceAsync();

        var batches = readers.Select(reader => Assert.Single(reader.Batches).Sum(entry => entry.Bytes.Length)).ToList();
        Assert.Equal(40 * Entry, batches[0]);
        Assert.Equal(FeedHub.UncountedBytes / Entry * Entry, batches[^1]);
        Assert.InRange(harness.Hub.Held.Taken, Limit / 2, Limit);
        Assert.InRange(batches.Where(bytes => bytes > FeedHub.UncountedBytes).Sum(), 0, Limit / 2); // their frames take as much again

        foreach (var reader in readers) reader.Reading = reader.ReadAsync();
        await FeedHarness.SettleAsync();
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        var expected = Enumerable.Range(1, 60).Select(number => $"100:{number}").ToList();
        Assert.All(readers, reader => Assert.Equal(expected, reader.Positions));
        Assert.Equal(0, harness.Hub.Held.Taken);
        foreach (var reader in readers) await reader.DisposeAsync();
    });

    [Fact]
    public void History_OneLargeEnvelopeAndNoRoom_ComesOnceThereIsRoom() => Pump.Run(2, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { HeldBytes = Limit, BatchBytes = 90_000 });
        Append(harness, 100, count: 1, bytes: 90_000);
        var first = Follow(harness);
        await first.ReadOnceAsync();
        await using var second = Follow(harness);

        second.Reading = second.ReadOnceAsync();
        await harness.PassAsync(TimeSpan.FromSeconds(2));
        Assert.Equal([FeedStreamKind.Idle], second.Kinds); // a sign of life for its client, and a try of that client
        second.Reading = second.ReadAsync();
        await first.DisposeAsync();
        await harness.PassAsync(TimeSpan.FromSeconds(2));

        Assert.Equal(["100:1"], second.Positions);
    });

    [Fact]
    public void Live_ReaderLagsAndThereIsNoRoom_GetsWhatOthersGet() => Pump.Run(3, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { HeldBytes = Limit, BatchBytes = 90_000 });
        await using var lagging = Follow(harness);
        await lagging.ReadOnceAsync();
        await using var other = Follow(harness);
        other.Reading = other.ReadAsync();
        await FeedHarness.SettleAsync();
        Assert.True(harness.Hub.Held.TryTake(Limit));

        for (var commit = 0; commit < 8; commit++)
        {
            Append(harness, 100, count: 3, 5 * Entry);
            await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        }

        lagging.Reading = lagging.ReadAsync();
        await harness.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal(8, lagging.Batches.Count);
        Assert.All(lagging.Batches.Zip(other.Batches), static pair => Assert.Same(pair.First, pair.Second));
    });

    [Fact]
    public void Live_ReaderLagsAndThereIsRoom_GetsCommitsTogetherAndGivesTheRoomBack() => Pump.Run(4, async _ =>
    {
        await using var harness = new FeedHarness(new FeedOptions { HeldBytes = Limit, BatchBytes = 90_000 });
        await using var lagging = Follow(harness);
        await lagging.ReadOnceAsync();
        for (var commit = 0; commit < 8; commit++)
        {
            Append(harness, 100, count: 1, 5 * Entry);
            await harness.PassAsync(TimeSpan.FromMilliseconds(100));
        }

        await lagging.ReadOnceAsync();
        Assert.Equal(8, Assert.Single(lagging.Batches).Count);
        Assert.Equal(2 * 8 * 5 * Entry, harness.Hub.Held.Taken);

        lagging.Reading = lagging.ReadAsync();
        Assert.Equal(0, harness.Hub.Held.Taken);
    });

    private static StreamReader Follow(FeedHarness harness) => new(harness.Hub.FollowTopics([new TopicPosition(A, Cursor.Empty)]));

    private static void Append(FeedHarness harness, uint originator, int count, int bytes) =>
        harness.Model.Append(originator, inRing: true, [.. Enumerable.Range(0, count).Select(_ => FeedModel.New(A, bytes: bytes))]);
}
