using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Asks chains whether smart contract wallets accept signatures (ERC-1271, ERC-6492).</summary>
public interface IWalletVerifier
{
    /// <summary>The verdicts at the same index. A chain that cannot be asked gives <see cref="WalletVerdictKind.Unavailable"/>, no exception.</summary>
    Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken);
}
