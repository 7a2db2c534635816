using System.Text;
using XmtpOrleans.Protocol.Identity.Signatures;
using Wire = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Actions;

internal sealed class RevokeAssociation(MemberIdentifier revoked, IdentitySignature signature) : IdentityAction
{
    public override IReadOnlyList<IdentitySignature> Signatures { get; } = [signature];

    public static RevokeAssociation? Read(Wire.RevokeAssociation message, out IdentityRefusal? refusal) =>
        IdentitySignature.TryRead(message.RecoveryIdentifierSignature, out var signature, out refusal)
        && TryReadMember(message.MemberToRevoke, "member_to_revoke", out var revoked, out refusal)
            ? new(revoked, signature)
            : null;

    public override void AppendText(StringBuilder text) => text
        .Append(revoked.Kind switch
        {
            MemberKind.Ethereum => "- Unlink address from inbox\n  (Address: ",
            MemberKind.Installation => "- Revoke messaging access from app\n  (ID: ",
            _ => "- Unlink passkey from inbox\n  (Passkey: ",
        })
        .Append(revoked.Text)
        .Append(')');

    public override IdentityRefusal? Apply(ref AssociationState? state, ReadOnlySpan<VerifiedSignature> signatures, ulong clientTimestampNs)
    {
        if (RefusalAsRecovery(state, signatures[0]) is { } refusal) return refusal;
        state = state?.Without(revoked);
        return null;
    }
}
