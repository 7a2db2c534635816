namespace XmtpOrleans.Protocol.Identity;

/// <summary>What can belong to an inbox.</summary>
public enum MemberKind
{
    /// <summary>A wallet, externally owned or a smart contract. Others find the inbox by it, and it can be the recovery identifier.</summary>
    Ethereum,

    /// <summary>One app on one device: an Ed25519 key. Messages are encrypted to it; nobody finds the inbox by it.</summary>
    Installation,

    /// <summary>A WebAuthn key on P-256. Like a wallet, others find the inbox by it, and it can be the recovery identifier.</summary>
    Passkey,
}
