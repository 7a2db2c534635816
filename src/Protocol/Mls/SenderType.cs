namespace XmtpOrleans.Protocol.Mls;

/// <summary>Who sent a public message (RFC 9420 §6). A private message hides its sender.</summary>
public enum SenderType : byte
{
    /// <summary>Not said: a private message.</summary>
    None = 0,

    /// <summary>A member, by leaf index.</summary>
    Member = 1,

    /// <summary>One of the senders the group allows from outside; may only propose.</summary>
    External = 2,

    /// <summary>Somebody who proposes to be added.</summary>
    NewMemberProposal = 3,

    /// <summary>Somebody who adds itself by an external commit.</summary>
    NewMemberCommit = 4,
}
