using System.Text;
using XmtpOrleans.Protocol.Identity.Signatures;
using Wire = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Actions;

internal sealed class CreateInbox(MemberIdentifier creator, ulong nonce, IdentitySignature signature) : IdentityAction
{
    public override IReadOnlyList<IdentitySignature> Signatures { get; } = [signature];

    public static CreateInbox? Read(Wire.CreateInbox message, out IdentityRefusal? refusal) =>
        TryReadAddressable(
            message.InitialIdentifierKind,
            message.InitialIdentifier,
            message.HasRelyingParty ? message.RelyingParty : null,
            out var creator,
            out refusal)
        && IdentitySignature.TryRead(message.InitialIdentifierSignature, out var signature, out refusal)
            ? new(creator, message.Nonce, signature)
            : null;

    public override void AppendText(StringBuilder text) => text.Append("- Create inbox\n  (Owner: ").Append(creator.Text).Append(')');

    public override IdentityRefusal? Apply(ref AssociationState? state, ReadOnlySpan<VerifiedSignature> signatures, ulong clientTimestampNs)
    {
        var creation = signatures[0];
        if (state is not null) return new(IdentityRefusalKind.MultipleCreate, "Multiple create operations detected");
        if (!creation.Signer.Equals(creator)) return IdentityRefusal.MissingExistingMember;
        if (creation.Kind is SignatureKind.LegacyDelegated && nonce != 0) return IdentityRefusal.LegacySignatureReuse;
        if (!InboxId.TryDerive(creator, nonce, out var inbox)) return IdentityRefusal.InvalidAccountAddress;
        state = AssociationState.Created(inbox, new() { Identifier = creator, AddedOnChain = creation.ChainId });
        return null;
    }
}
