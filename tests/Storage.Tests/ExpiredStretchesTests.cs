using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Storage.Tests;

public sealed class ExpiredStretchesTests
{
    private static readonly OriginatorId Log = new(100);

    [Fact]
    public void Skip_InsideAStretch_GoesToItsEnd()
    {
        var stretches = new ExpiredStretches();
        stretches.Add(Log, new(10), new(5_000), nowSeconds: 7);

        Assert.Equal([9UL, 5_000, 5_000, 5_000, 5_001], new ulong[] { 9, 10, 11, 5_000, 5_001 }.Select(after => Skip(stretches, after, 7)));
        Assert.Equal(11UL, stretches.Skip(new(200), new(11), nowSeconds: 7).Value);
    }

    [Fact]
    public void Skip_EarlierSecond_KnowsNothing()
    {
        var stretches = new ExpiredStretches();
        stretches.Add(Log, new(0), new(5_000), nowSeconds: 7);

        Assert.Equal((3UL, 5_000UL), (Skip(stretches, 3, 6), Skip(stretches, 3, 8)));
    }

    [Fact]
    public void Add_Short_IsNotKept()
    {
        var stretches = new ExpiredStretches();
        stretches.Add(Log, new(0), new(ExpiredStretches.Shortest - 1), nowSeconds: 7);

        Assert.Equal(0UL, Skip(stretches, 0, 7));
    }

    [Fact]
    public void Add_RandomStretches_SkipAsASetOfPositionsWould()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        var (stretches, hidden) = (new ExpiredStretches(), new bool[60_000]);
        for (var round = 0; round < 60; round++)
        {
            var (after, length) = (random.Next(50_000), ExpiredStretches.Shortest + random.Next(3_000));
            stretches.Add(Log, new((ulong)after), new((ulong)(after + length)), nowSeconds: 7);
            hidden.AsSpan(after + 1, length).Fill(true);
            for (var check = 0; check < 200; check++)
            {
                var from = random.Next(55_000);
                var end = from;
                while (hidden[end + 1]) end++;
                Assert.True((ulong)end == Skip(stretches, (ulong)from, 7), $"seed {seed}, round {round}, after {from}");
            }
        }
    }

    private static ulong Skip(ExpiredStretches stretches, ulong after, long nowSeconds) => stretches.Skip(Log, new(after), nowSeconds).Value;
}
