using System.ComponentModel.DataAnnotations;

namespace XmtpOrleans.Grains.Originators;

/// <summary>How a process hands publishes to the sequencer.</summary>
public sealed class PublisherOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Publisher";

    /// <summary>Envelopes that may be between their arrival and their answer in this process; above that a publish is refused before its signature
    /// is recovered. Default: 10,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxOpenEnvelopes { get; set; } = 10_000;

    /// <summary>Bytes of such envelopes. A request larger than this passes when no other is there. Default: 64 MiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxOpenBytes { get; set; } = 64 << 20;

    /// <summary>Bytes sent to the sequencer in one call; a larger request goes alone. Default: 1 MiB.</summary>
    [Range(1, 64 << 20)]
    public int MaxCallBytes { get; set; } = 1 << 20;

    /// <summary>Calls in flight at a time: two let the sequencer sign one batch while it commits the one before. Default: 2.</summary>
    [Range(1, 16)]
    public int MaxCalls { get; set; } = 2;

    /// <summary>How long a publish waits and is tried before it is answered as unavailable; one whose call is under way by then may be stored
    /// all the same, and the same publish repeated is answered with it. Default: ten seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan Budget { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause before a failed call is repeated the first time; it doubles up to <see cref="MaxRetryPause"/>, give or take half.
    /// Default: 50 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Longest pause between repetitions. Default: 200 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxRetryPause { get; set; } = TimeSpan.FromMilliseconds(200);
}
