using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Topics;

/// <summary>What topics a process keeps in memory, and for how long.</summary>
public sealed class TopicOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Topics";

    /// <summary>Most entries of a topic kept for each log. Default: 128.</summary>
    [Range(1, 10_000)]
    public int TailCount { get; set; } = 128;

    /// <summary>Most bytes of envelopes of a topic kept for each log; the last entry is kept whatever its size. Default: 128 KiB.</summary>
    [Range(1 << 10, 16 << 20)]
    public int TailBytes { get; set; } = 128 << 10;

    /// <summary>Most topics in memory in one silo; beyond that the store answers. Default: 100,000.</summary>
    [Range(0, 10_000_000)]
    public int TailsPerSilo { get; set; } = 100_000;

    /// <summary>Bytes of envelopes in memory at which a silo takes no further topic. Default: 256 MiB.</summary>
    [Range(0, long.MaxValue)]
    public long TailBytesPerSilo { get; set; } = 256L << 20;

    /// <summary>How long a topic is kept that nobody reads. Default: 3 minutes.</summary>
    [Range(typeof(TimeSpan), "00:01:01", "01:00:00")]
    public TimeSpan IdleAfter { get; set; } = TimeSpan.FromMinutes(3);

    /// <summary>Two reads of a topic within this time wake it; the first goes to the store. Default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan WakeWithin { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Most topics a process remembers to have read. Default: 65,536.</summary>
    [Range(16, 1 << 22)]
    public int RouteCapacity { get; set; } = 1 << 16;

    /// <summary>A read of more topics than this is one query of the store. Default: 8.</summary>
    [Range(0, 1_000)]
    public int FewTopics { get; set; } = 8;
}

[OptionsValidator]
internal sealed partial class TopicOptionsValidator : IValidateOptions<TopicOptions>;
