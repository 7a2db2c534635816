namespace XmtpOrleans.Gateway;

/// <summary>Log event ids of this project, one block of a hundred per folder.</summary>
internal static class EventIds
{
    // Rpc
    public const int HandlerFailed = 3001;
    public const int CertificateReloadFailed = 3002;

    // Nodes
    public const int StreamEnvelopesTooLarge = 3101;
}
