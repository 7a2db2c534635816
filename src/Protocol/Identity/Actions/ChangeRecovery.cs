using System.Text;
using XmtpOrleans.Protocol.Identity.Signatures;
using Wire = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Actions;

// The new identifier is taken as it stands and does not sign: text that names nobody locks the inbox, as it does with clients (05 §5.6).
internal sealed class ChangeRecovery(MemberIdentifier recovery, IdentitySignature signature) : IdentityAction
{
    public override IReadOnlyList<IdentitySignature> Signatures { get; } = [signature];

    public static ChangeRecovery? Read(Wire.ChangeRecoveryAddress message, out IdentityRefusal? refusal) =>
        TryReadAddressable(
            message.NewRecoveryIdentifierKind,
            message.NewRecoveryIdentifier,
            message.HasRelyingParty ? message.RelyingParty : null,
            out var recovery,
            out refusal)
        && IdentitySignature.TryRead(message.ExistingRecoveryIdentifierSignature, out var signature, out refusal)
            ? new(recovery, signature)
            : null;

    public override void AppendText(StringBuilder text) =>
        text.Append("- Change inbox recovery address\n  (Address: ").Append(recovery.Text).Append(')');

    public override IdentityRefusal? Apply(ref AssociationState? state, ReadOnlySpan<VerifiedSignature> signatures, ulong clientTimestampNs)
    {
        if (RefusalAsRecovery(state, signatures[0]) is { } refusal) return refusal;
        state = state?.WithRecovery(recovery);
        return null;
    }
}
