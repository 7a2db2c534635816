using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class RetentionTests
{
    private const long At = 1_700_000_000_123_456_000;

    [Theory]
    [InlineData(0, "invalid expiry retention days. Must be >= 2")]
    [InlineData(1, "invalid expiry retention days. Must be >= 2")]
    [InlineData(2, null)]
    [InlineData(365, null)]
    [InlineData(366, "invalid expiry retention days. Must be <= 365")]
    [InlineData(uint.MaxValue - 1, "invalid expiry retention days. Must be <= 365")]
    [InlineData(uint.MaxValue, null)]
    public void Refusal_AnyDays_IsWhatTheNetworkSays(uint days, string? expected) => Assert.Equal(expected, new Retention(days).Refusal);

    [Theory]
    [InlineData(2, 1_700_172_800)]
    [InlineData(60, 1_705_184_000)]
    [InlineData(106_752, 10_923_372_800)] // the first that wraps around in the reference
    [InlineData(uint.MaxValue - 1, 371_086_874_201_600)]
    public void ExpiryAfter_CountedDays_IsThatManyDaysLater(uint days, ulong expected) =>
        Assert.Equal(expected, new Retention(days).ExpiryAfter(At));

    [Fact]
    public void ExpiryAfter_Forever_IsTheGreatestThatStoresHold() =>
        Assert.Equal((ulong)long.MaxValue, Retention.Forever.ExpiryAfter(At));
}
