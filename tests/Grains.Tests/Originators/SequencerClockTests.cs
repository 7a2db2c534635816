using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Tests.Originators;

public sealed class SequencerClockTests
{
    [Fact]
    public async Task Append_ClockFarBehindTheLastStamp_StopsPublishingUntilItIsRight()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Clock.Offset = -TimeSpan.FromMinutes(6);

        var refused = await harness.PublishAsync("b");
        harness.Clock.Offset = TimeSpan.Zero;
        var accepted = await harness.PublishAsync("b");

        Assert.Equal(PublishStatus.ClockOutOfRange, refused.Status);
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
        Assert.True(accepted.IsAccepted);
        Assert.Equal(new SequenceId(2), harness.Stored[^1].Entry.Sequence);
    }

    [Fact]
    public async Task Append_ClockJumpsAheadOfMonotonicTime_StopsPublishing()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Clock.Offset = TimeSpan.FromSeconds(31);

        var refused = await harness.PublishAsync("b");

        Assert.Equal(PublishStatus.ClockOutOfRange, refused.Status);
        Assert.Single(harness.Stored);
    }

    [Fact]
    public async Task Append_TimePasses_IsNotAJump()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Clock.Advance(TimeSpan.FromDays(30));

        Assert.True((await harness.PublishAsync("b")).IsAccepted);
    }

    [Fact]
    public async Task Append_MachineSlept_IsNotAJump()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Clock.Offset = harness.Uptime.Slept = TimeSpan.FromHours(8);

        Assert.True((await harness.PublishAsync("b")).IsAccepted);
        Assert.Equal(TimeSpan.FromHours(8), TimeSpan.FromMicroseconds((harness.Stored[1].Entry.OriginatorNs - harness.Stored[0].Entry.OriginatorNs) / 1_000));
    }

    [Fact]
    public async Task Append_ClockJumpsWhileTheMachineSleeps_StopsPublishing()
    {
        var harness = new SequencerHarness();
        await harness.PublishAsync("a");
        harness.Uptime.Slept = TimeSpan.FromHours(8);
        harness.Clock.Offset = TimeSpan.FromHours(8) + TimeSpan.FromSeconds(31);

        Assert.Equal(PublishStatus.ClockOutOfRange, (await harness.PublishAsync("b")).Status);
    }

    [Fact]
    public async Task Append_ClockAheadOfTheStoresAtTheLease_StopsPublishing()
    {
        var harness = new SequencerHarness { Store = { ClockSkew = -TimeSpan.FromSeconds(31) } };

        var refused = await harness.PublishAsync("a");

        Assert.Equal(PublishStatus.ClockOutOfRange, refused.Status);
        Assert.Empty(harness.Stored);
    }

    [Fact]
    public async Task Append_WrongClockAndARepetition_IsAnsweredAllTheSame()
    {
        var harness = new SequencerHarness();
        var first = await harness.PublishAsync("a");
        harness.Clock.Offset = TimeSpan.FromDays(1);

        var again = await harness.PublishAsync("a");

        Assert.Equal(first.Envelopes.Single(), again.Envelopes.Single());
    }

    [Fact]
    public async Task Append_OperatorIgnoresTheClock_PublishesAndTimesRise()
    {
        var harness = new SequencerHarness(new SequencerOptions { IgnoreClock = true });
        await harness.PublishAsync("a");
        harness.Clock.Offset = -TimeSpan.FromDays(1);

        Assert.True((await harness.PublishAsync("b")).IsAccepted);
        Assert.Equal(harness.Stored[0].Entry.OriginatorNs + 1_000, harness.Stored[1].Entry.OriginatorNs);
    }
}
