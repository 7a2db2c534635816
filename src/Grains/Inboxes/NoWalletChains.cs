using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>A network that lists no chain with wallets: every wallet's signature is refused, for good.</summary>
internal sealed class NoWalletChains : IWalletVerifier
{
    public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WalletVerdict>>([.. checks.Select(static _ => new WalletVerdict(WalletVerdictKind.NoVerifier))]);
}
