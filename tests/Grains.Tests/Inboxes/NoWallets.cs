using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Tests.Inboxes;

/// <summary>No chain to ask; the recorded updates need none.</summary>
internal sealed class NoWallets : IWalletVerifier
{
    public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("no update of the test is signed by a contract wallet");
}
