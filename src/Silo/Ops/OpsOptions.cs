using System.ComponentModel.DataAnnotations;
using System.Net;

namespace XmtpOrleans.Silo.Ops;

/// <summary>Where the operator's endpoint listens: health and metrics, without authentication.</summary>
internal sealed class OpsOptions
{
    /// <summary>Configuration section.</summary>
    public const string SectionName = "Ops";

    /// <summary>Address to listen on. Default: 127.0.0.1.</summary>
    [Required]
    public string Host { get; set; } = "127.0.0.1";

    /// <summary>Port of health and metrics. Default: 8008.</summary>
    [Range(1, IPEndPoint.MaxPort)]
    public int Port { get; set; } = 8008;

    /// <summary>Whether Orleans' own dashboard is served at <c>/dashboard</c>: grains, calls, silos and live logs. All silos of a cluster have to agree. Costs
    /// memory and time for each call. Default: off.</summary>
    public bool Dashboard { get; set; }
}
