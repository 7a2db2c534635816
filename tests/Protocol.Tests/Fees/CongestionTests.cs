using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class CongestionTests
{
    [Theory] // V-11
    [InlineData(26, 100, 125, 100, 100, 100, 100)]
    [InlineData(26, 100, 125, 0, 0, 0, 0)]
    [InlineData(26, 100, 0, 125, 0, 0, 0)]
    [InlineData(19, 100, 0, 0, 400, 0, 0)]
    [InlineData(0, 0, 100, 100, 100, 100, 100)]
    [InlineData(0, 109, 0, 100, 100, 100, 200)] // the average is 110, which is too close to 109 for a unit …
    [InlineData(1, 108, 0, 100, 100, 100, 200)] // … and 1.0185 times 108
    [InlineData(100, 4, 8, 0, 0, 0, 0)]
    public void Units_FiveMinutes_FollowTheBusiest(int expected, int target, params int[] counts) =>
        Assert.Equal(expected, Congestion.Units([.. counts.Select(count => (long)count)], target));

    [Theory]
    [InlineData(1, 100)]
    [InlineData(long.MaxValue, 0)]
    [InlineData((long.MaxValue / 5) * 4, 26)] // 1.25 times
    public void Units_GreatestCounts_DoNotOverflow(long target, int expected) =>
        Assert.Equal(expected, Congestion.Units([long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue], target));

    [Fact] // V-11
    public void Units_TargetOfAHundred_FollowTheCurve()
    {
        long[] counts = [99, 102, 105, 108, 111, 114, 117, 120, 123, 126, 129, 132, 135, 138, 141, 144, 147, 150];
        int[] expected = [0, 1, 3, 5, 8, 11, 15, 19, 23, 28, 34, 40, 47, 55, 65, 75, 86, 100];

        Assert.Equal(expected, counts.Select(count => Congestion.Units([count, 0, 0, 0, 0], 100)));
    }

    [Fact] // V-11
    public void Units_TargetOfTheNetwork_FollowTheCurve()
    {
        long[] counts = [6000, 6001, 6095, 6500, 7000, 7500, 8000, 8500, 8999, 9000];
        int[] expected = [0, 0, 1, 6, 14, 26, 43, 67, 99, 100];

        Assert.Equal(expected, counts.Select(count => Congestion.Units([count, 0, 0, 0, 0], 6_000)));
    }

    [Theory] // 04, appendix C
    [InlineData(1, 6093)]
    [InlineData(10, 6742)]
    [InlineData(25, 7432)]
    [InlineData(26, 7469)]
    [InlineData(50, 8151)]
    [InlineData(75, 8635)]
    [InlineData(99, 8987)]
    [InlineData(100, 9000)]
    public void Units_SmallestCountOfAUnit_IsWhereItBegins(int units, long count)
    {
        Assert.Equal(units, Congestion.Units([count, 0, 0, 0, 0], 6_000));
        Assert.Equal(units - 1, Congestion.Units([count - 1, 0, 0, 0, 0], 6_000));
    }

    [Theory]
    [InlineData(604)]
    [InlineData(1_000)]
    [InlineData(2_999)]
    [InlineData(6_000)]
    public void Units_EveryCountOfATarget_EqualTheFloatingPointFormula(int target)
    {
        for (var count = 0; count <= 2 * target; count++)
        {
            Assert.Equal(ByFormula(count, target), Congestion.Units([count, 0, 0, 0, 0], target));
        }
    }

    private static int ByFormula(int count, int target)
    {
        var ratio = (double)count / target;
        if (ratio <= 1) return 0;
        return ratio >= 1.5 ? 100 : (int)(100 * (Math.Exp(4 * (ratio - 1)) - 1) / (Math.Exp(2) - 1));
    }
}
