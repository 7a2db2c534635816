using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class CongestionWindowTests
{
    private const long Minute = 29_000_000;
    private const long Target = 4;

    [Fact] // V-12
    public void Take_TenMessagesAfterThree_PriceEachAsIfTheEarlierWereStored()
    {
        var window = new CongestionWindow(Minute, [3, 0, 0, 0, 0]);

        Assert.Equal([0, 0, 26, 100, 100, 100, 100, 100, 100, 100], Enumerable.Range(0, 10).Select(_ => window.Take(Minute, Target)));
    }

    [Fact] // V-12
    public void Take_MessagesOfTwoMinutes_CarryTheFirstIntoTheSecond()
    {
        var window = new CongestionWindow(Minute, [2, 0, 0, 0, 0]);
        long[] minutes = [Minute, Minute, Minute, Minute + 1, Minute + 1, Minute + 1, Minute + 1, Minute + 1];

        Assert.Equal([0, 0, 0, 26, 26, 26, 26, 26], minutes.Select(minute => window.Take(minute, Target)));
    }

    [Fact]
    public void Take_MinuteFarAhead_ForgetsEverything()
    {
        var window = new CongestionWindow(Minute, [1000, 1000, 1000, 1000, 1000]);

        Assert.Equal(0, window.Take(Minute + 1_000_000, Target));
        Assert.Equal(Minute + 1_000_000, window.Newest);
    }

    [Fact]
    public void Take_EarlierMinuteOfWhichCountsAreKnown_CountsItThere()
    {
        var window = new CongestionWindow(Minute, [0, 5, 0, 0, 0, 0]);

        Assert.Equal(26, window.Take(Minute - 1, Target)); // five of that minute
        Assert.Equal(100, window.Take(Minute - 1, Target)); // and now six
    }

    [Fact]
    public void Take_EarlierMinuteOfWhichCountsAreUnknown_Throws()
    {
        var window = new CongestionWindow(Minute, [0, 0, 0, 0, 0, 0]);

        Assert.True(window.Covers(Minute - 1));
        Assert.False(window.Covers(Minute - 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => window.Take(Minute - 2, Target));
    }

    [Fact]
    public void Constructor_FewerThanFiveMinutes_Throws() =>
        Assert.Throws<ArgumentException>(() => new CongestionWindow(Minute, [0, 0, 0, 0]));

    [Fact] // 04 §16: parity over 10,000 cases
    public void Take_RandomBatches_EqualPricingOneByOneFromTheStore()
    {
        var seed = Environment.TickCount;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var run = 0; run < 1_000; run++)
        {
            var stored = new Dictionary<long, long>();
            for (var back = 0; back < 5; back++) { stored[Minute - back] = random.Next(12); }
            var target = random.Next(1, 12);
            var minute = Minute;
            var window = new CongestionWindow(Minute, StoredCounts(stored, Minute));
            for (var message = 0; message < 10; message++)
            {
                minute += random.Next(4) == 0 ? random.Next(7) : 0;

                Assert.Equal(Congestion.Units(StoredCounts(stored, minute), target), window.Take(minute, target));
                stored[minute] = stored.GetValueOrDefault(minute) + 1;
            }
        }
    }

    private static long[] StoredCounts(Dictionary<long, long> stored, long minute) =>
        [.. Enumerable.Range(0, Congestion.Minutes).Select(back => stored.GetValueOrDefault(minute - back))];
}
