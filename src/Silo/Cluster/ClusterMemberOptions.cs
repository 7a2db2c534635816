using System.ComponentModel.DataAnnotations;

namespace XmtpOrleans.Silo.Cluster;

/// <summary>Which cluster this process belongs to, and where its silo is reached.</summary>
internal sealed class ClusterMemberOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Cluster";

    /// <summary>Name of the cluster; the same for all its processes. Default: <c>xmtp</c>.</summary>
    [Required, MaxLength(100)]
    public string Id { get; set; } = "xmtp";

    /// <summary>Name under which grains keep their state; never changes. Default: <c>xmtp</c>.</summary>
    [Required, MaxLength(100)]
    public string ServiceId { get; set; } = "xmtp";

    /// <summary>Name of this silo: the same after a restart, and no other living silo's; a silo that starts declares whoever had its name dead.
    /// Default: the name of the machine.</summary>
    [Required, MaxLength(100)]
    public string SiloName { get; set; } = Environment.MachineName;

    /// <summary>IP address at which silos and fronts reach this silo. No default; in Kubernetes the pod's.</summary>
    public string AdvertisedAddress { get; set; } = "";

    /// <summary>IP address to listen on. Default: the advertised one.</summary>
    public string ListenAddress { get; set; } = "";

    /// <summary>Port for other silos. Default: 11111.</summary>
    [Range(1, 65_535)]
    public int SiloPort { get; set; } = 11_111;

    /// <summary>Port for fronts without a silo of their own; 0 takes none. Default: 30000.</summary>
    [Range(0, 65_535)]
    public int ClientPort { get; set; } = 30_000;

    /// <summary>Whether calls between processes carry the activity they belong to, for OpenTelemetry. Costs something for each call. Default: off.</summary>
    public bool Tracing { get; set; }
}
