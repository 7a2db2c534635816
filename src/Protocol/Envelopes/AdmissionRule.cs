namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>The rule of <see cref="Admission"/> that an envelope breaks.</summary>
public enum AdmissionRule
{
    /// <summary>None: it is admitted.</summary>
    None,

    /// <summary>Clients can decode it.</summary>
    Encoding,

    /// <summary>The payload is of the topic's kind.</summary>
    PayloadKind,

    /// <summary>Only nodes write reports and attestations.</summary>
    ReservedTopic,

    /// <summary>The topic is one that clients read, and the payload's own.</summary>
    Topic,

    /// <summary>A group message is what members can read.</summary>
    GroupMessage,

    /// <summary>A welcome is what its installation can read.</summary>
    Welcome,

    /// <summary>A key package is one that inviters can use.</summary>
    KeyPackage,

    /// <summary>Commits and proposals get their place from the chain.</summary>
    GroupMessageThroughChain,

    /// <summary>Identity updates get their place from the chain.</summary>
    IdentityUpdateThroughChain,
}
