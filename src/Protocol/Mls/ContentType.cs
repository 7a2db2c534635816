namespace XmtpOrleans.Protocol.Mls;

/// <summary>What a group message carries (RFC 9420 §6). The reference's parser lets a private message have any other value too.</summary>
public enum ContentType : byte
{
    /// <summary>Not read.</summary>
    None = 0,

    /// <summary>A message for people: any node may originate it.</summary>
    Application = 1,

    /// <summary>A proposed change of the group: needs the chain's order.</summary>
    Proposal = 2,

    /// <summary>A change of the group: needs the chain's order.</summary>
    Commit = 3,
}
