namespace XmtpOrleans.Protocol.Topics;

/// <summary>What a topic carries: the first byte of its bytes. Each kind admits exactly one payload of a client envelope.</summary>
public enum TopicKind : byte
{
    /// <summary>MLS messages of one group; identifier is the 16-byte group id.</summary>
    GroupMessages = 0,

    /// <summary>Welcomes of one installation (or of one shared welcome); identifier is 32 bytes.</summary>
    WelcomeMessages = 1,

    /// <summary>Identity updates of one inbox; identifier is the 32-byte inbox id. Published through the chain only.</summary>
    IdentityUpdates = 2,

    /// <summary>Key packages of one installation; identifier is its 32-byte public key.</summary>
    KeyPackages = 3,

    /// <summary>Payer reports about one originator; identifier is its id, four bytes little-endian. Written by nodes only.</summary>
    PayerReports = 4,

    /// <summary>Attestations of payer reports; identifier as for <see cref="PayerReports"/>. Written by nodes only.</summary>
    PayerReportAttestations = 5,
}
