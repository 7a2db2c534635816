using System.ComponentModel.DataAnnotations;

namespace XmtpOrleans.Grains.Originators;

/// <summary>How this node's own log takes publishes.</summary>
public sealed class SequencerOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Sequencer";

    /// <summary>Envelopes that may wait for their answer; above that a publish is refused as unavailable. Default: 20,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxOpenEnvelopes { get; set; } = 20_000;

    /// <summary>Bytes of payer envelopes that may wait for their answer. A request larger than this passes when nothing else waits.
    /// Default: 64 MiB.</summary>
    [Range(1, int.MaxValue)]
    public long MaxOpenBytes { get; set; } = 64 << 20;

    /// <summary>Envelopes that are signed and committed together. A request with more goes alone. Default: 1,000.</summary>
    [Range(1, 100_000)]
    public int MaxBatchEnvelopes { get; set; } = 1_000;

    /// <summary>Bytes of payer envelopes that are signed and committed together. Default: 4 MiB.</summary>
    [Range(1, 256 << 20)]
    public int MaxBatchBytes { get; set; } = 4 << 20;

    /// <summary>How long publishes wait for a store that takes its time; then they, and those that come until it answers, are refused as
    /// unavailable. What the store does with them shows when they are repeated. Default: 0.7 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan StorePatience { get; set; } = TimeSpan.FromSeconds(0.7);

    /// <summary>How long the same client envelope of the same payer is the same publish. Default: ten minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan DuplicateWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How much of the duplicate window is loaded before the first publish of an activation; the rest follows behind it.
    /// Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "24:00:00")]
    public TimeSpan DuplicatePreload { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most publishes the duplicate window remembers, at 16 to 32 bytes each. Default: 4,000,000.</summary>
    [Range(1_000, 100_000_000)]
    public int MaxDuplicateEntries { get; set; } = 4_000_000;

    /// <summary>Repeated publishes of a payer, older than what is kept for the live feed, that are looked up in the store in a second; five seconds'
    /// worth at once, as after a restart. What is beyond is refused until later. Default: 2,000; 0 sets no limit.</summary>
    [Range(0, 1_000_000)]
    public int DuplicateReadsPerSecond { get; set; } = 2_000;

    /// <summary>Commits kept in memory for the live feed. Default: 4,096.</summary>
    [Range(2, 1_000_000)]
    public int RingBatches { get; set; } = 4_096;

    /// <summary>Bytes of envelopes kept in memory for the live feed. Default: 32 MiB.</summary>
    [Range(1, long.MaxValue)]
    public long RingBytes { get; set; } = 32 << 20;

    /// <summary>Envelopes a payer may publish in a second. Default: 0, no limit.</summary>
    [Range(0, 1e9)]
    public double PayerEnvelopesPerSecond { get; set; }

    /// <summary>Envelopes a payer may publish at once after a pause. Default: 1,000.</summary>
    [Range(1, 1_000_000)]
    public int PayerBurst { get; set; } = 1_000;

    /// <summary>Payers whose rate is watched at a time; a further one is refused until one of them pauses. Default: 100,000.</summary>
    [Range(1, 10_000_000)]
    public int MaxLimitedPayers { get; set; } = 100_000;

    /// <summary>How far the clock may lie behind the last stamp before publishing stops. Default: five minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan ClockBehindLimit { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How far the clock may run ahead of the store's clock, asked once, and of the time since then, in which the machine may have slept,
    /// before publishing stops. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "24:00:00")]
    public TimeSpan ClockAheadLimit { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Publishes whatever the clock says: the operator's override after a clock that went wrong. Times still rise. Default: off.</summary>
    public bool IgnoreClock { get; set; }

    /// <summary>Shortest wait before a log that another activation took is taken back. Default: 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FencedPauseMin { get; set; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Longest such wait; each is chosen at random in between. Default: 1.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan FencedPauseMax { get; set; } = TimeSpan.FromSeconds(1.5);
}
