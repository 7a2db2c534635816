using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Sizes and times of this process's live feed.</summary>
public sealed class FeedOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Feed";

    /// <summary>Most bytes of envelopes kept for streams that have not taken them yet; a stream that still needs older ones reads the store. Default: 32 MiB.</summary>
    [Range(1 << 20, 1 << 30)]
    public int RingBytes { get; set; } = 32 << 20;

    /// <summary>Most deliveries (entries of one topic in one commit) kept for streams. Default: 65,536.</summary>
    [Range(64, 1 << 22)]
    public int RingCount { get; set; } = 1 << 16;

    /// <summary>Most deliveries one stream may have waiting before it goes back to reading history. Default: 512.</summary>
    [Range(4, 1 << 16)]
    public int StreamBacklog { get; set; } = 512;

    /// <summary>Most entries in one batch of a stream. Default: 500.</summary>
    [Range(1, 10_000)]
    public int BatchCount { get; set; } = 500;

    /// <summary>Most bytes of envelopes in one batch of a stream; one larger envelope goes alone. Default: 1 MiB.</summary>
    [Range(1 << 10, 16 << 20)]
    public int BatchBytes { get; set; } = 1 << 20;

    /// <summary>Most bytes that streams hold each for itself until its reader takes them (pages of history, commits put together for a stream that
    /// lags); from half of it on, streams get small pages. Default: 64 MiB.</summary>
    [Range(64 << 20, 1L << 40)]
    public long HeldBytes { get; set; } = 64 << 20;

    /// <summary>Bytes asked of a log in one read. Default: 1 MiB.</summary>
    [Range(1 << 10, 16 << 20)]
    public int ReadBytes { get; set; } = 1 << 20;

    /// <summary>A gap of at most so many positions is replayed from the store; over a longer one the feed jumps, and streams read history. Default: 10,000.</summary>
    [Range(0, 1 << 20)]
    public int ReplayLimit { get; set; } = 10_000;

    /// <summary>How often the feed compares itself with the store's marks. Default: 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:10")]
    public TimeSpan CheckPeriod { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A feed that is behind and does not advance for so long ends its streams. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan LostAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one read of a log waits for news; only then does the feed look for what it missed. Default: 0.5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:02")]
    public TimeSpan ReadWait { get; set; } = TimeSpan.FromMilliseconds(500);
}

[OptionsValidator]
internal sealed partial class FeedOptionsValidator : IValidateOptions<FeedOptions>;
