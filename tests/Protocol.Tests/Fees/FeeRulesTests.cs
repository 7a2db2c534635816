using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class FeeRulesTests
{
    [Theory] // V-10
    [InlineData(100, 50, 100, 1, 5_100)]
    [InlineData(100, 200, 345, 60, 4_140_100)]
    [InlineData(100, 200, 1000, 60, 12_000_100)]
    [InlineData(100, 200, 1, 2, 500)]
    [InlineData(0, 1, 1, uint.MaxValue, 4_294_967_295)]
    [InlineData(1, 1, long.MaxValue - 1, 1, long.MaxValue)]
    public void TryBaseFee_FeeThatFits_IsMessagePlusByteDays(long message, long storage, long size, uint days, long expected)
    {
        Assert.True(FeeRules.TryBaseFee(RatesOf(message, storage), size, new Retention(days), out var fee, out _));
        Assert.Equal(expected, fee.Value);
    }

    [Theory] // V-10
    [InlineData(100, 50, long.MaxValue, uint.MaxValue)]
    [InlineData(100, long.MaxValue, long.MaxValue, uint.MaxValue)]
    [InlineData(100, 200, 10_737_419, uint.MaxValue)]
    [InlineData(1, 1, long.MaxValue, 1)] // only the last addition is too much
    public void TryBaseFee_FeeThatDoesNotFit_Refuses(long message, long storage, long size, uint days)
    {
        Assert.False(FeeRules.TryBaseFee(RatesOf(message, storage), size, new Retention(days), out _, out var refusal));
        Assert.Equal("storage fee calculation overflow", refusal);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(-1, 2)]
    [InlineData(1, 0)]
    public void TryBaseFee_NothingToCharge_Refuses(long size, uint days) =>
        Assert.False(FeeRules.TryBaseFee(Rates.Default, size, new Retention(days), out _, out _));

    [Fact] // V-11
    public void TryCongestionFee_FullCongestion_IsAHundredUnits()
    {
        var rates = Rates.Default with { CongestionFee = new PicoDollars(200), TargetRatePerMinute = 4 };

        Assert.True(FeeRules.TryCongestionFee(rates, Congestion.Units([8, 0, 0, 0, 0], rates.TargetRatePerMinute), out var fee));
        Assert.Equal(20_000, fee.Value);
    }

    [Fact]
    public void TryCongestionFee_FeeThatDoesNotFit_Refuses()
    {
        var rates = Rates.Default with { CongestionFee = new PicoDollars((long.MaxValue / 100) + 1) };

        Assert.False(FeeRules.TryCongestionFee(rates, 100, out _));
        Assert.True(FeeRules.TryCongestionFee(rates, 99, out _));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    public void TryCongestionFee_UnitsOutOfRange_Throws(int units) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => FeeRules.TryCongestionFee(Rates.Default, units, out _));

    [Theory] // 04 §8.2
    [InlineData(100, TopicKind.GroupMessages, true, true)]
    [InlineData(200, TopicKind.WelcomeMessages, true, true)]
    [InlineData(100, TopicKind.KeyPackages, true, true)]
    [InlineData(100, TopicKind.IdentityUpdates, false, false)]
    [InlineData(100, TopicKind.PayerReports, false, false)]
    [InlineData(100, TopicKind.PayerReportAttestations, false, false)]
    [InlineData(0, TopicKind.GroupMessages, false, false)]
    [InlineData(1, TopicKind.IdentityUpdates, false, false)]
    [InlineData(10, TopicKind.GroupMessages, true, false)]
    [InlineData(13, TopicKind.KeyPackages, true, false)]
    public void IsCharged_OriginatorAndKind_DecideWhatIsChargedAndCounted(uint originator, TopicKind kind, bool charged, bool counts)
    {
        Assert.Equal(charged, FeeRules.IsCharged(new OriginatorId(originator), kind));
        Assert.Equal(counts, FeeRules.CountsForCongestion(new OriginatorId(originator), kind));
    }

    private static Rates RatesOf(long message, long storage) =>
        Rates.Default with { MessageFee = new PicoDollars(message), StorageFee = new PicoDollars(storage) };
}
