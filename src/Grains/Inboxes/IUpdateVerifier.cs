using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Reads identity updates and checks their signatures, off the caller's turn: that costs up to 150 µs a signature.</summary>
public interface IUpdateVerifier
{
    /// <summary>For each client envelope, at the same index, the update with all its signatures checked but for wallets', or why it is refused.</summary>
    Task<IReadOnlyList<(VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)>> VerifyAsync(
        InboxId inbox, IReadOnlyList<ReadOnlyMemory<byte>> clientEnvelopes);
}
