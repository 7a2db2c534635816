using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class PicoDollarsTests
{
    [Theory] // V-01
    [InlineData(1_000_000, 1_000_000_000_000)]
    [InlineData(9_223_372_036_854, 9_223_372_036_854_000_000)]
    [InlineData(0, 0)]
    public void TryFromMicroDollars_AmountThatFits_Converts(long microDollars, long expected)
    {
        Assert.True(PicoDollars.TryFromMicroDollars(microDollars, out var amount));
        Assert.Equal(expected, amount.Value);
    }

    [Theory] // V-01
    [InlineData(17_283_224_176_240)]
    [InlineData(10_000_000_000_000)]
    [InlineData(9_223_372_036_855)]
    [InlineData(-1)]
    public void TryFromMicroDollars_AmountThatDoesNotFit_Refuses(long microDollars) =>
        Assert.False(PicoDollars.TryFromMicroDollars(microDollars, out _));

    [Theory]
    [InlineData(1_250_000_000_000, 1_250_000)]
    [InlineData(1_999_999, 1)]
    [InlineData(-1_999_999, -1)]
    public void MicroDollars_AnyAmount_TruncatesTowardZero(long value, long expected) =>
        Assert.Equal(expected, new PicoDollars(value).MicroDollars);

    [Theory]
    [InlineData(1_250_000_000_000, "1.250000000000")]
    [InlineData(0, "0.000000000000")]
    [InlineData(1, "0.000000000001")]
    [InlineData(-1_000_000_000_001, "-1.000000000001")]
    [InlineData(long.MinValue, "-9223372.036854775808")]
    public void ToString_AnyAmount_IsDollarsWithTwelveDecimals(long value, string expected) =>
        Assert.Equal(expected, new PicoDollars(value).ToString());

    [Fact]
    public void Sum_BeyondSixtyThreeBits_Throws() =>
        Assert.Throws<OverflowException>(() => new PicoDollars(long.MaxValue) + new PicoDollars(1));

    [Fact]
    public void Difference_BeyondSixtyThreeBits_Throws() =>
        Assert.Throws<OverflowException>(() => new PicoDollars(long.MinValue) - new PicoDollars(1));
}
