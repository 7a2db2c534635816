namespace XmtpOrleans.Gateway;

/// <summary>Log event ids of this project, one block of a hundred per folder.</summary>
internal static class EventIds
{
    // Rpc
    public const int HandlerFailed = 3001;
    public const int CertificateReloadFailed = 3002;

    // Nodes
    public const int StreamEnvelopesTooLarge = 3101;
    public const int StoreUnavailable = 3102;
    public const int StoreSilent = 3103;
    public const int StoreAvailable = 3104;

    // Payers
    public const int NodeHealthy = 3201;
    public const int NodeUnhealthy = 3202;
    public const int NodeAttemptFailed = 3203;
    public const int NodeWrongAnswer = 3204;
    public const int NodeWrongStored = 3205;
    public const int ChainAway = 3206;
    public const int BroadcastNotShown = 3207;
    public const int BroadcastNotShownByAll = 3208;
    public const int NodeWrongInbox = 3209;
}
