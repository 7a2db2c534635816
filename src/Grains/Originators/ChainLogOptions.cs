using System.ComponentModel.DataAnnotations;

namespace XmtpOrleans.Grains.Originators;

/// <summary>How the logs of the chain's contracts follow the chain.</summary>
public sealed class ChainLogOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "ChainLog";

    /// <summary>Events read and committed together. Default: 100.</summary>
    [Range(1, 10_000)]
    public int MaxEvents { get; set; } = 100;

    /// <summary>How long one read waits for the next event. Default: five seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan ReadWait { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Pause after a failed read, or before an identity update that could not be judged is judged again. Default: one second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:05:00")]
    public TimeSpan RetryPause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often every silo names the logs, so that they live somewhere. Default: three seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.01", "00:05:00")]
    public TimeSpan FollowPeriod { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Payloads of rejected events are kept up to this size. Default: 4,096 bytes.</summary>
    [Range(0, 1 << 20)]
    public int MaxRejectedBytes { get; set; } = 4_096;

    /// <summary>Commits kept in memory for the live feed. Default: 1,024.</summary>
    [Range(2, 1_000_000)]
    public int RingBatches { get; set; } = 1_024;

    /// <summary>Bytes of envelopes kept in memory for the live feed. Default: 16 MiB.</summary>
    [Range(1, long.MaxValue)]
    public long RingBytes { get; set; } = 16 << 20;

    /// <summary>Shortest wait before a log that another activation took is taken back. Default: 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FencedPauseMin { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest such wait; each is chosen at random in between. Default: 1.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FencedPauseMax { get; set; } = TimeSpan.FromSeconds(1.5);
}
