using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class RateScheduleTests
{
    private static readonly DateTimeOffset Refreshed = DateTimeOffset.UnixEpoch.AddDays(20_000);
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    [Theory] // V-09
    [InlineData(100, 100)]
    [InlineData(101, 100)]
    [InlineData(202, 200)]
    [InlineData(303, 300)]
    public void TryFind_TimeAfterTheFirstStart_GivesTheLatestRatesThatHaveBegun(long second, long expectedFee)
    {
        Assert.True(Schedule(100, 200, 300).TryFind(second * 1_000_000_000, Refreshed, out var rates, out _));
        Assert.Equal(expectedFee, rates.MessageFee.Value);
    }

    [Theory]
    [InlineData(199_999_999_999, 100)]
    [InlineData(200_000_000_000, 200)]
    public void TryFind_NanosecondBesideAStart_IsExact(long originatorNs, long expectedFee)
    {
        Assert.True(Schedule(100, 200, 300).TryFind(originatorNs, Refreshed, out var rates, out _));
        Assert.Equal(expectedFee, rates.MessageFee.Value);
    }

    [Theory] // V-09
    [InlineData(50_000_000_000)]
    [InlineData(99_999_999_999)]
    [InlineData(long.MinValue)]
    public void TryFind_TimeBeforeTheFirstStart_Refuses(long originatorNs)
    {
        Assert.False(Schedule(100, 200, 300).TryFind(originatorNs, Refreshed, out _, out var refusal));
        Assert.Equal("timestamp is before the oldest rate", refusal);
    }

    [Fact]
    public void TryFind_HalfASecondBeforeTheEpoch_IsBeforeRatesFromTheEpoch() =>
        Assert.False(Schedule(0).TryFind(-500_000_000, Refreshed, out _, out _));

    [Fact] // V-09
    public void TryFind_RefreshedTooLongAgo_Refuses()
    {
        var schedule = Schedule(100);

        Assert.True(schedule.TryFind(100_000_000_000, Refreshed + MaxAge, out _, out _));
        Assert.False(schedule.TryFind(100_000_000_000, Refreshed + MaxAge + TimeSpan.FromTicks(1), out _, out var refusal));
        Assert.Equal("last rates refresh was too long ago", refusal);
    }

    [Fact]
    public void TryFind_FixedRates_NeverGrowOld()
    {
        Assert.True(RateSchedule.Fixed(Rates.Default).TryFind(1, DateTimeOffset.MaxValue, out var rates, out _));
        Assert.Same(Rates.Default, rates);
    }

    [Theory]
    [InlineData("no rates found")]
    [InlineData("duplicate rate start time", 100, 100)]
    [InlineData("rates are not sorted", 100, 300, 200)]
    public void TryCreate_ListThatIsNone_SaysWhy(string expected, params int[] starts)
    {
        Assert.False(RateSchedule.TryCreate([.. starts.Select(start => RatesFrom(start))], Refreshed, MaxAge, out _, out var refusal));
        Assert.Equal(expected, refusal);
    }

    private static RateSchedule Schedule(params long[] starts)
    {
        Assert.True(RateSchedule.TryCreate([.. starts.Select(RatesFrom)], Refreshed, MaxAge, out var schedule, out _));
        return schedule;
    }

    private static Rates RatesFrom(long start) => Rates.Default with { MessageFee = new PicoDollars(start), StartSeconds = start };
}
