using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Tests;

/// <summary>No chain that knows of wallets.</summary>
internal sealed class NoWallets : IWalletVerifier
{
    public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
        throw new NotSupportedException("no test asks a wallet's chain");
}
