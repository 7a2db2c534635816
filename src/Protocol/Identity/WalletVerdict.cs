namespace XmtpOrleans.Protocol.Identity;

/// <summary>The answer to a <see cref="WalletCheck"/>. Where asking failed, <paramref name="Detail"/> says how, in the chain's words.</summary>
public sealed record WalletVerdict(WalletVerdictKind Kind, string Detail = "")
{
    internal IdentityRefusal? RefusalOf(WalletCheck check) => Kind switch
    {
        WalletVerdictKind.Valid => null,
        WalletVerdictKind.Invalid => IdentityRefusal.SignatureInvalid,
        WalletVerdictKind.Reverted => new(IdentityRefusalKind.VerifierProvider, Detail),
        WalletVerdictKind.NoVerifier => new(IdentityRefusalKind.VerifierNoVerifier, $"verifier not present for chain ID {check.Chain}"),
        _ => new(IdentityRefusalKind.VerifierUnavailable, Detail),
    };
}
