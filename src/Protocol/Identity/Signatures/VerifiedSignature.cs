namespace XmtpOrleans.Protocol.Identity.Signatures;

// What a signature proves. RawBytes is what the inbox remembers, so that the signature does not count twice.
internal sealed record VerifiedSignature(MemberIdentifier Signer, SignatureKind Kind, byte[] RawBytes)
{
    /// <summary>The chain of a smart contract wallet.</summary>
    public ulong? ChainId { get; init; }

    /// <summary>What a chain must still confirm; otherwise everything is checked.</summary>
    public WalletCheck? Check { get; init; }
}
