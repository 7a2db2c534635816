using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Tests.Inboxes;

/// <summary>Chains that answer every question with one verdict; by default none may be asked, as the recorded updates need none.</summary>
internal sealed class FakeWallets : IWalletVerifier
{
    /// <summary>What they say.</summary>
    public WalletVerdict? Verdict { get; set; }

    public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) => Verdict is { } verdict
        ? Task.FromResult<IReadOnlyList<WalletVerdict>>([.. checks.Select(_ => verdict)])
        : throw new InvalidOperationException("no update of the test is signed by a contract wallet");
}
