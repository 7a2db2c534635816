using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Checks signatures on the thread pool.</summary>
internal sealed class UpdateVerifier : IUpdateVerifier
{
    public Task<IReadOnlyList<(VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)>> VerifyAsync(
        InboxId inbox, IReadOnlyList<ReadOnlyMemory<byte>> clientEnvelopes) => Task.Run(() => Verify(inbox, clientEnvelopes));

    private static IReadOnlyList<(VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)> Verify(
        InboxId inbox, IReadOnlyList<ReadOnlyMemory<byte>> clientEnvelopes) =>
    [
        .. clientEnvelopes.Select(bytes =>
            ParsedIdentityUpdate.TryParseEnvelope(inbox, bytes, out var parsed, out var refusal) && parsed.TryVerify(out var verified, out refusal)
                ? (verified, (IdentityRefusal?)null)
                : ((VerifiedIdentityUpdate?)null, refusal)),
    ];
}
