using System.ComponentModel.DataAnnotations;

namespace XmtpOrleans.Silo.Roles;

/// <summary>How a process leaves after SIGTERM.</summary>
internal sealed class DrainOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "Drain";

    /// <summary>How long calls are still taken after readiness went off, so that whoever routes traffic here can notice. Default: 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);
}
