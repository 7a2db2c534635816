using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Protocol.Tests.Fees;

public class UsageMinuteTests
{
    private const long Nanoseconds = 60_000_000_000;
    private const long In2024 = 28_500_000; // between 2^24 and 2^25 minutes
    private const long In2040 = 36_800_000; // beyond

    [Theory] // 04 §8.6
    [InlineData(In2024, 0, In2024)]
    [InlineData(In2024, 59_999_999_888, In2024)]
    [InlineData(In2024, 59_999_999_889, In2024 + 1)]
    [InlineData(In2024, 59_999_999_000, In2024)] // the last microsecond
    [InlineData(In2040, 59_999_999_776, In2040)]
    [InlineData(In2040, 59_999_999_777, In2040 + 1)]
    [InlineData(0, 59_999_999_999, 0)]
    public void Of_EndOfAMinute_RoundsAsThePeersDo(long minute, long rest, long expected) =>
        Assert.Equal(expected, UsageMinute.Of((minute * Nanoseconds) + rest));

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Of_ExtremeTimes_StaysInRange(long originatorNs) =>
        Assert.Equal(originatorNs / Nanoseconds, UsageMinute.Of(originatorNs), tolerance: 1L);
}
