using System.Net;
using Orleans.Runtime;
using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Grains.Tests.Hosting;

public sealed class PlacementTests
{
    private static readonly SiloAddress[] Silos =
        [.. Enumerable.Range(0, 5).Select(number => SiloAddress.New(IPAddress.Loopback, 11_111 + number, 1_000 + number))];

    [Fact]
    public void InTurn_Logs_TakesTheSilosInTurn()
    {
        SiloAddress[] shuffled = [Silos[3], Silos[0], Silos[4], Silos[2], Silos[1]];

        var chosen = new long[] { 0, 1, 100, 200, 300 }.Select(originator => SpreadDirector.InTurn(Log(originator), shuffled));

        Assert.Equal(Silos.Order(), chosen);
    }

    [Fact]
    public void ByHash_ManyTopics_FallToEverySiloAlike()
    {
        var shares = Topics().CountBy(topic => SpreadDirector.ByHash(topic, Silos)).ToDictionary();

        Assert.Equal(Silos.Length, shares.Count);
        Assert.All(shares.Values, static share => Assert.InRange(share, 1_800, 2_200)); // of 10,000: five times the deviation
    }

    [Fact]
    public void ByHash_OneSiloIsLost_MovesOnlyItsOwnTopics()
    {
        var left = Silos[..4];

        var moved = Topics().Where(topic => !SpreadDirector.ByHash(topic, Silos).Equals(SpreadDirector.ByHash(topic, left)));
        Assert.Equal([Silos[4]], moved.Select(topic => SpreadDirector.ByHash(topic, Silos)).Distinct());
    }

    private static GrainId Log(long originator) => GrainId.Create(GrainType.Create("log"), GrainIdKeyExtensions.CreateIntegerKey(originator));

    private static IEnumerable<GrainId> Topics() => Enumerable.Range(0, 10_000).Select(static number => GrainId.Create("topic", $"{number:x32}"));
}
