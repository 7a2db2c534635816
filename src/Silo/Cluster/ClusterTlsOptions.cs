namespace XmtpOrleans.Silo.Cluster;

/// <summary>Mutual TLS between the processes of a cluster. All three files, or none for cleartext; the same for every process.</summary>
internal sealed class ClusterTlsOptions
{
    /// <summary>Where these options stand in the configuration.</summary>
    public const string SectionName = "Cluster:Tls";

    /// <summary>PEM file with this process's certificate, for server and client authentication, followed by its intermediates; read again when it changes.
    /// Default: none.</summary>
    public string CertificatePath { get; set; } = "";

    /// <summary>PEM file with the certificate's unencrypted private key. Default: none.</summary>
    public string KeyPath { get; set; } = "";

    /// <summary>PEM file with the certificates of the authority that signs those of the cluster, and of nothing else: whoever it signs is let in. Read
    /// again when it changes. Default: none.</summary>
    public string AuthorityPath { get; set; } = "";

    /// <summary>Whether the traffic is encrypted.</summary>
    internal bool IsUsed => CertificatePath.Length > 0 || KeyPath.Length > 0 || AuthorityPath.Length > 0;
}
