namespace XmtpOrleans.Silo;

// Ids of log lines of this project; never reused.
internal static class EventIds
{
    // Cluster: 5000-5019
    public const int PredecessorDeclaredDead = 5000;
    public const int ClusterCertificateReloadFailed = 5001;
    public const int ClusterCertificateRefused = 5002;
}
