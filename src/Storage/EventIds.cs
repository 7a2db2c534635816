namespace XmtpOrleans.Storage;

/// <summary>Ids of this project's log messages.</summary>
internal static class EventIds
{
    public const int UpkeepFailed = 2001;
    public const int NotificationsLost = 2002;
    public const int BlockersEnded = 2003;
}
