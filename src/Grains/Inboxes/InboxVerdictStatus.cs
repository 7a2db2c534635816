namespace XmtpOrleans.Grains.Inboxes;

/// <summary>How an identity update was judged.</summary>
public enum InboxVerdictStatus
{
    /// <summary>The inbox accepts it.</summary>
    Valid = 0,

    /// <summary>No node will ever accept it at this position.</summary>
    Invalid = 1,

    /// <summary>It cannot be judged now (the chain that checks a wallet is away). Ask again; neither it nor a later update may be stored before.</summary>
    Undecided = 2,
}
