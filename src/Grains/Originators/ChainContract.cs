namespace XmtpOrleans.Grains.Originators;

/// <summary>The two contracts that order messages. The value is the originator id of the log that a node keeps of it.</summary>
public enum ChainContract
{
    /// <summary>MLS commits and proposals; identifier is the 16-byte group id.</summary>
    GroupMessages = 0,

    /// <summary>Identity updates; identifier is the 32-byte inbox id.</summary>
    IdentityUpdates = 1,
}
