using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class LogRingTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Read_BeforeTheFirstAppend_WaitsAndSaysNothingIsThere()
    {
        var ring = new LogRing(_clock, 10, 1_000);
        var read = ring.ReadAsync(new SequenceId(5), 1_000, TimeSpan.FromSeconds(1));
        Assert.False(read.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(1));

        var reply = await read;
        Assert.Equal((FeedStatus.Current, default), (reply.Status, reply.Head));
        Assert.Empty(reply.Batches);
    }

    [Fact]
    public async Task Read_OwnerTookTheLogOver_SendsThoseBehindToTheStore()
    {
        var ring = new LogRing(_clock, 10, 1_000);
        var read = ring.ReadAsync(new SequenceId(5), 1_000, TimeSpan.FromSeconds(1));

        ring.Open(new SequenceId(9));

        Assert.Equal(FeedStatus.OlderThanRing, (await read).Status);
        Assert.Empty((await read).Batches);
    }

    [Fact]
    public async Task Read_SomethingCommits_ReturnsAtOnce()
    {
        var ring = Filled(batches: 0);
        var read = ring.ReadAsync(default, 1_000, TimeSpan.FromMinutes(1));

        ring.Add(Batch(0, 2));

        Assert.Equal(new SequenceId(2), (await read).Batches.Single().Last);
    }

    [Fact]
    public async Task Read_FromAPosition_ReturnsBatchesFromThereWithinTheBytes()
    {
        var ring = Filled(batches: 5);

        var reply = await ring.ReadAsync(new SequenceId(3), maxBytes: 45, TimeSpan.Zero);

        Assert.Equal([new SequenceId(2), new SequenceId(4)], reply.Batches.Select(batch => batch.Previous));
        Assert.Equal(new SequenceId(10), reply.Head);
    }

    [Fact]
    public async Task Read_LargerBatchThanAsked_ReturnsItAlone()
    {
        var ring = Filled(batches: 3);

        var reply = await ring.ReadAsync(default, maxBytes: 1, TimeSpan.Zero);

        Assert.Single(reply.Batches);
    }

    [Theory]
    [InlineData(3, long.MaxValue)]
    [InlineData(100, 60)]
    public async Task Read_OlderThanWhatIsKept_SaysSoAndGivesTheOldest(int maxBatches, long maxBytes)
    {
        var ring = new LogRing(_clock, maxBatches, maxBytes);
        for (ulong at = 0; at < 20; at += 2) ring.Add(Batch(at, at + 2));

        var older = await ring.ReadAsync(new SequenceId(13), maxBytes: 20, TimeSpan.Zero);
        Assert.Equal((FeedStatus.OlderThanRing, new SequenceId(14), new SequenceId(16)), (older.Status, older.Batches.Single().Previous, older.Batches.Single().Last));
        Assert.Equal(3, (await ring.ReadAsync(new SequenceId(14), 1_000, TimeSpan.Zero)).Batches.Length);
    }

    [Fact]
    public async Task Read_OwnerEnds_IsToldNowAndLater()
    {
        var ring = Filled(batches: 1);
        var waiting = ring.ReadAsync(new SequenceId(2), 1_000, TimeSpan.FromMinutes(1));

        ring.End();

        Assert.Equal(FeedStatus.Ending, (await waiting).Status);
        Assert.Equal(FeedStatus.Ending, (await ring.ReadAsync(default, 1_000, TimeSpan.FromMinutes(1))).Status);
    }

    [Fact]
    public void TryFind_EveryPosition_FindsWhatIsKept()
    {
        var ring = new LogRing(_clock, 3, long.MaxValue);
        for (ulong at = 0; at < 20; at += 2) ring.Add(Batch(at, at + 2));

        Assert.Equal(
            [15UL, 16, 17, 18, 19, 20],
            Enumerable.Range(0, 30).Select(at => new SequenceId((ulong)at)).Where(at => ring.TryFind(at, out _)).Select(at => at.Value));
    }

    private LogRing Filled(int batches)
    {
        var ring = new LogRing(_clock, 100, 10_000);
        for (var at = 0; at < batches; at++) ring.Add(Batch((ulong)at * 2, (ulong)(at + 1) * 2));
        return ring;
    }

    // Ten bytes an entry.
    private static FeedBatch Batch(ulong previous, ulong last) => new()
    {
        Previous = new SequenceId(previous),
        Last = new SequenceId(last),
        Entries =
        [
            .. Enumerable.Range((int)previous + 1, (int)(last - previous)).Select(sequence => new LogEntry
            {
                Originator = TestPublishes.Node,
                Sequence = new SequenceId((ulong)sequence),
                OriginatorNs = sequence,
                ArrivalUs = sequence,
                ExpirySeconds = LogEntry.NeverExpires,
                Topic = TestPublishes.Group(),
                Bytes = new byte[10],
            }),
        ],
    };
}
