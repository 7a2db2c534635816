namespace XmtpOrleans.Protocol.Identity.Signatures;

// What a signature proves. RawBytes is what the inbox remembers, so that the signature does not count twice. The kind of a signature settles the kind of
// its signer, so the rule which signature may speak for which member (05 §5.4) holds by construction and needs no check.
internal sealed record VerifiedSignature(MemberIdentifier Signer, SignatureKind Kind, byte[] RawBytes)
{
    /// <summary>The chain of a smart contract wallet.</summary>
    public ulong? ChainId { get; init; }

    /// <summary>What a chain must still confirm; otherwise everything is checked.</summary>
    public WalletCheck? Check { get; init; }
}
