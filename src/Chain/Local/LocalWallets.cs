using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Chain.Local;

/// <summary>There are no smart contract wallets on one machine: no chain that an update could name is known, and that is final.</summary>
internal sealed class LocalWallets : IWalletVerifier
{
    private static readonly WalletVerdict Unknown = new(WalletVerdictKind.NoVerifier);

    /// <inheritdoc/>
    public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<WalletVerdict>>([.. checks.Select(static _ => Unknown)]);
}
