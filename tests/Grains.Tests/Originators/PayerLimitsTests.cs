using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class PayerLimitsTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void TryTake_NoLimit_TakesEverything() =>
        Assert.True(new PayerLimits(_clock, perSecond: 0, burst: 1, maxPayers: 1).TryTake(TestKeys.Key(1).Address, 1_000_000, out _));

    [Fact]
    public void TryTake_LargerThanTheBurst_PassesOnAFullBucketAndIsPaidOff()
    {
        var limits = new PayerLimits(_clock, perSecond: 1, burst: 10, maxPayers: 10);

        Assert.True(limits.TryTake(TestKeys.Key(1).Address, 30, out _));
        Assert.False(limits.TryTake(TestKeys.Key(1).Address, 1, out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(21), retryAfter);
        _clock.Advance(retryAfter);
        Assert.True(limits.TryTake(TestKeys.Key(1).Address, 1, out _));
    }

    [Fact]
    public void TryTake_MorePayersThanWatched_RefusesUntilOneHasPaused()
    {
        var limits = new PayerLimits(_clock, perSecond: 1, burst: 10, maxPayers: 2);
        Assert.True(limits.TryTake(TestKeys.Key(1).Address, 1, out _));
        Assert.True(limits.TryTake(TestKeys.Key(2).Address, 10, out _));

        Assert.False(limits.TryTake(TestKeys.Key(3).Address, 1, out var retryAfter));
        _clock.Advance(retryAfter);

        Assert.True(limits.TryTake(TestKeys.Key(3).Address, 1, out _));
        Assert.False(limits.TryTake(TestKeys.Key(2).Address, 10, out _));
    }
}
