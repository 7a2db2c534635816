using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Feeds;
using XmtpOrleans.Grains.Tests.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Topics;

public sealed class TopicTailsTests
{
    private static readonly Topic A = FeedModel.TopicOf(1);
    private static readonly OriginatorId Node = new(100);

    [Fact]
    public void Fill_EntriesPassedWhileTheStoreWasRead_AreThereOnce()
    {
        var (tails, buffer) = New();
        Assert.True(tails.TryStart(buffer));
        tails.Take(Node, [Entry(1), Entry(2)], replayed: false);
        tails.Take(Node, [Entry(3)], replayed: false);

        Assert.True(tails.Fill(buffer, new TailPage([Entry(1), Entry(2)], Cursor.Empty), Cursor.Of(Node, new(2))));

        Assert.Equal([1UL, 2, 3], Read(buffer, after: 0)!);
        Assert.Equal(3, tails.Bytes);
    }

    [Fact]
    public void Take_BeyondTheLimit_OldestGoAndTheFloorRises()
    {
        var (tails, buffer) = New(count: 3);
        Assert.True(tails.TryStart(buffer));
        Assert.True(tails.Fill(buffer, new TailPage([], Cursor.Empty), Cursor.Empty));
        var snapshots = new List<TailSnapshot>();
        for (ulong sequence = 1; sequence <= 50; sequence++)
        {
            tails.Take(Node, [Entry(sequence)], replayed: false);
            snapshots.Add(buffer.Snapshot!);
        }

        for (ulong sequence = 4; sequence <= 50; sequence++)
        {
            // What a reader holds does not change under it.
            var snapshot = snapshots[(int)sequence - 1];
            Assert.Equal([sequence - 2, sequence - 1, sequence], Read(snapshot, after: sequence - 3)!);
            Assert.Null(Read(snapshot, after: sequence - 4));
        }

        Assert.Equal(3, tails.Bytes);
    }

    [Fact]
    public void Fill_FeedJumpedMeanwhile_ComesToNothing()
    {
        var (tails, buffer) = New();
        Assert.True(tails.TryStart(buffer));
        tails.Skip(Node);

        Assert.False(tails.Fill(buffer, new TailPage([Entry(1)], Cursor.Empty), Cursor.Of(Node, new(1))));
        Assert.Null(buffer.Snapshot);
        Assert.Equal(0, tails.Bytes);
    }

    [Fact]
    public void Take_StoreTooSlow_LoadComesToNothing()
    {
        var (tails, buffer) = New(count: 2);
        Assert.True(tails.TryStart(buffer));
        for (ulong sequence = 1; sequence <= 20; sequence++) tails.Take(Node, [Entry(sequence)], replayed: false);

        Assert.False(tails.Fill(buffer, new TailPage([], Cursor.Empty), Cursor.Empty));
    }

    [Fact]
    public void TryStart_BytesUsedUp_Refuses()
    {
        var (tails, buffer) = New(bytesPerSilo: 2);
        Assert.True(tails.TryStart(buffer));
        tails.Fill(buffer, new TailPage([Entry(1), Entry(2)], Cursor.Empty), Cursor.Of(Node, new(2)));
        var other = new TailBuffer(FeedModel.TopicOf(2), new PageLimit(9, 99));

        Assert.False(tails.TryStart(other));
        tails.Remove(buffer);
        Assert.True(tails.TryStart(other));
    }

    [Fact]
    public void Take_LargeEntriesOnManyTopics_StaysWithinTheBytes()
    {
        var (tails, _) = New(bytesPerSilo: 1_000);
        Topic[] topics = [.. Enumerable.Range(1, 50).Select(number => FeedModel.TopicOf((byte)number))];
        foreach (var topic in topics)
        {
            var buffer = new TailBuffer(topic, new PageLimit(9, 99));
            Assert.True(tails.TryStart(buffer));
            Assert.True(tails.Fill(buffer, new TailPage([], Cursor.Empty), Cursor.Empty));
        }

        for (ulong sequence = 1; sequence <= 50; sequence++)
        {
            tails.Take(Node, [Entry(sequence, topics[sequence - 1], new byte[400])], replayed: false);
            Assert.InRange(tails.Bytes, 1, 1_000);
        }
    }

    [Fact]
    public void TryStart_SecondActivationOfATopic_FirstLoadsAgain()
    {
        var (tails, first) = New();
        var second = new TailBuffer(A, new PageLimit(9, 99));
        Assert.True(tails.TryStart(first));
        tails.Fill(first, new TailPage([Entry(1)], Cursor.Empty), Cursor.Of(Node, new(1)));
        Assert.True(tails.TryStart(second));
        tails.Fill(second, new TailPage([Entry(1)], Cursor.Empty), Cursor.Of(Node, new(1)));
        tails.Take(Node, [Entry(2)], replayed: false);

        Assert.Null(first.Snapshot);
        Assert.Equal([1UL, 2], Read(second, after: 0)!);
        tails.Remove(first);
        Assert.Equal((1, 2L), (tails.Count, tails.Bytes));
    }

    private static (TopicTails Tails, TailBuffer Buffer) New(int count = 9, long bytesPerSilo = 1_000)
    {
        using IMeterFactory meters = new NoMeters();
        var options = new TopicOptions { TailBytesPerSilo = bytesPerSilo };
        return (new TopicTails(Options.Create(options), new TopicMetrics(meters)), new TailBuffer(A, new PageLimit(count, 99)));
    }

    private static ulong[]? Read(TailBuffer buffer, ulong after) => Read(buffer.Snapshot!, after);

    private static ulong[]? Read(TailSnapshot snapshot, ulong after)
    {
        var query = new TopicQuery
        {
            Marks = Cursor.Of(Node, new(1_000)),
            NowSeconds = 0,
            After = Cursor.Of(Node, new(after)),
            Count = 100,
            Bytes = 1_000,
        };
        var reply = snapshot.Query(query, A.Kind);
        return reply.Status == TopicReplyStatus.Answered ? [.. reply.Entries.Select(entry => entry.Sequence.Value)] : null;
    }

    private static LogEntry Entry(ulong sequence) => Entry(sequence, A, [1]);

    private static LogEntry Entry(ulong sequence, Topic topic, byte[] bytes) => new()
    {
        Originator = Node,
        Sequence = new(sequence),
        OriginatorNs = (long)sequence,
        ArrivalUs = (long)sequence,
        ExpirySeconds = LogEntry.NeverExpires,
        Topic = topic,
        Bytes = bytes,
    };
}
