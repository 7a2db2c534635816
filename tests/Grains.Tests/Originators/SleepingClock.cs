namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>Timestamps of a clock whose own ones stand still while the machine sleeps: these go on.</summary>
internal sealed class SleepingClock(TimeProvider awake) : TimeProvider
{
    /// <summary>How long the machine has slept.</summary>
    public TimeSpan Slept { get; set; }

    public override long TimestampFrequency => awake.TimestampFrequency;

    public override long GetTimestamp() => awake.GetTimestamp() + (long)(Slept.TotalSeconds * TimestampFrequency);
}
