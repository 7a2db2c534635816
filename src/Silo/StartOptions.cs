using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Silo;

/// <summary>How a process starts.</summary>
internal sealed class StartOptions
{
    /// <summary>Section of the configuration.</summary>
    public const string SectionName = "Start";

    /// <summary>How long a start waits for a PostgreSQL that is away; zero does not wait. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "24:00:00")]
    public TimeSpan DatabaseWait { get; set; } = TimeSpan.FromSeconds(30);
}

[OptionsValidator]
internal sealed partial class StartOptionsValidator : IValidateOptions<StartOptions>;
