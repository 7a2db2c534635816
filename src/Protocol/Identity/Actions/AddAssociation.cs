using System.Text;
using XmtpOrleans.Protocol.Identity.Signatures;
using Wire = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Actions;

internal sealed class AddAssociation(MemberIdentifier newMember, IdentitySignature newSignature, IdentitySignature existingSignature) : IdentityAction
{
    public override IReadOnlyList<IdentitySignature> Signatures { get; } = [newSignature, existingSignature];

    public static AddAssociation? Read(Wire.AddAssociation message, out IdentityRefusal? refusal) =>
        IdentitySignature.TryRead(message.NewMemberSignature, out var newSignature, out refusal)
        && IdentitySignature.TryRead(message.ExistingMemberSignature, out var existingSignature, out refusal)
        && TryReadMember(message.NewMemberIdentifier, "member_identifier", out var newMember, out refusal)
            ? new(newMember, newSignature, existingSignature)
            : null;

    public override void AppendText(StringBuilder text) => text
        .Append(newMember.Kind switch
        {
            MemberKind.Ethereum => "- Link address to inbox\n  (Address: ",
            MemberKind.Installation => "- Grant messaging access to app\n  (ID: ",
            _ => "- Link passkey to inbox\n  (Passkey: ",
        })
        .Append(newMember.Text)
        .Append(')');

    public override IdentityRefusal? Apply(ref AssociationState? state, ReadOnlySpan<VerifiedSignature> signatures, ulong clientTimestampNs)
    {
        var (added, existing) = (signatures[0], signatures[1]);
        if (state is null) return IdentityRefusal.NotCreated;
        if (state.HasSeen(existing.RawBytes) || state.HasSeen(added.RawBytes)) return IdentityRefusal.Replay;
        if (!added.Signer.Equals(newMember))
        {
            return new(IdentityRefusalKind.NewMemberIdSignatureMismatch, "The new member identifier does not match the signer");
        }

        if (added.Signer.Equals(existing.Signer))
        {
            return new(IdentityRefusalKind.GenericAddSelf, "Error creating association tried to add self");
        }

        if (RefusalAsLegacy(state, added, existing) is { } legacy) return legacy;

        var member = state.Find(existing.Signer);
        if (member is not null && member.AddedOnChain != existing.ChainId)
        {
            return IdentityRefusal.ChainIdMismatch(member.AddedOnChain, existing.ChainId);
        }

        if (member is null && !existing.Signer.Equals(state.Recovery)) return IdentityRefusal.MissingExistingMember;
        if (member is null && existing.Kind is SignatureKind.LegacyDelegated) return IdentityRefusal.LegacySignatureReuse;
        if (existing.Signer.Kind is MemberKind.Installation && newMember.Kind is MemberKind.Installation)
        {
            return IdentityRefusal.MemberNotAllowed;
        }

        state = state.With(new()
        {
            Identifier = added.Signer,
            AddedBy = member?.Identifier ?? state.Recovery,
            ClientTimestampNs = clientTimestampNs,
            AddedOnChain = added.ChainId,
        });
        return null;
    }

    // The rule looks at the existing signer alone, and not at all at an installation: a weakness that clients share (05 §5.6).
    private static IdentityRefusal? RefusalAsLegacy(AssociationState state, VerifiedSignature added, VerifiedSignature existing)
    {
        var legacy = added.Kind is SignatureKind.LegacyDelegated || existing.Kind is SignatureKind.LegacyDelegated;
        if (!legacy || !existing.Signer.IsAddressable) return null;
        if (!InboxId.TryDerive(existing.Signer, 0, out var inbox)) return IdentityRefusal.InvalidAccountAddress;
        return inbox == state.Inbox ? null : IdentityRefusal.LegacySignatureReuse;
    }
}
