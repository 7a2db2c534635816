using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Grains.Topics;

/// <summary>How this process answers reads.</summary>
public sealed class ReadingOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Reading";

    /// <summary>Whether expired envelopes are served until they are pruned. Default: false; a topic's newest key package always is.</summary>
    public bool ServeExpired { get; set; }

    /// <summary>How long a read waits for the feed of its process before it asks the store instead. Default: 20 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:00.150")]
    public TimeSpan FeedWait { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Most addresses whose inbox is remembered. Default: 65,536.</summary>
    [Range(16, 1 << 22)]
    public int AddressCapacity { get; set; } = 1 << 16;
}

[OptionsValidator]
internal sealed partial class ReadingOptionsValidator : IValidateOptions<ReadingOptions>;
