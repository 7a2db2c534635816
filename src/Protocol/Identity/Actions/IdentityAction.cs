using System.Diagnostics.CodeAnalysis;
using System.Text;
using XmtpOrleans.Protocol.Identity.Signatures;
using Wire = Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Actions;

// One action of an update: its lines of the signature text, and its rules (05 §5.3). The order of the checks is the network's: it decides which refusal
// is reported.
internal abstract class IdentityAction
{
    /// <summary>Its signatures, in the order in which they are verified and given to <see cref="Apply"/>.</summary>
    public abstract IReadOnlyList<IdentitySignature> Signatures { get; }

    /// <summary>Reads an action; refuses what clients refuse before they look at any signature (05 §4.8).</summary>
    public static bool TryRead(
        Wire.IdentityAction message, [NotNullWhen(true)] out IdentityAction? action, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        refusal = null;
        action = message.KindCase switch
        {
            Wire.IdentityAction.KindOneofCase.CreateInbox => CreateInbox.Read(message.CreateInbox, out refusal),
            Wire.IdentityAction.KindOneofCase.Add => AddAssociation.Read(message.Add, out refusal),
            Wire.IdentityAction.KindOneofCase.Revoke => RevokeAssociation.Read(message.Revoke, out refusal),
            Wire.IdentityAction.KindOneofCase.ChangeRecoveryAddress => ChangeRecovery.Read(message.ChangeRecoveryAddress, out refusal),
            _ => null,
        };
        if (action is not null)
        {
            refusal = null;
            return true;
        }

        refusal ??= IdentityRefusal.Missing("action", "identity::associations::identity_action::Kind");
        return false;
    }

    /// <summary>Appends its two lines, without a line end after them.</summary>
    public abstract void AppendText(StringBuilder text);

    /// <summary>Advances the state, or says why not and leaves it.</summary>
    public abstract IdentityRefusal? Apply(ref AssociationState? state, ReadOnlySpan<VerifiedSignature> signatures, ulong clientTimestampNs);

    protected static bool TryReadMember(
        Wire.MemberIdentifier? message,
        string field,
        [NotNullWhen(true)] out MemberIdentifier? identifier,
        [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        identifier = message?.KindCase switch
        {
            Wire.MemberIdentifier.KindOneofCase.EthereumAddress => MemberIdentifier.Ethereum(message.EthereumAddress),
            Wire.MemberIdentifier.KindOneofCase.InstallationPublicKey => MemberIdentifier.Installation(message.InstallationPublicKey.Span),
            Wire.MemberIdentifier.KindOneofCase.Passkey => MemberIdentifier.Passkey(
                message.Passkey.Key.Span, message.Passkey.HasRelyingParty ? message.Passkey.RelyingParty : null),
            _ => null,
        };
        refusal = identifier is not null ? null
            : message is null ? IdentityRefusal.Missing(field, "identity::associations::MemberIdentifier")
            : IdentityRefusal.Missing("member_identifier", "identity::associations::member_identifier::Kind");
        return identifier is not null;
    }

    // Kinds that are not known count as Ethereum, as with clients.
    protected static bool TryReadAddressable(
        Wire.IdentifierKind kind,
        string text,
        string? relyingParty,
        [NotNullWhen(true)] out MemberIdentifier? identifier,
        [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        (identifier, refusal) = (null, null);
        if (kind is not Wire.IdentifierKind.Passkey)
        {
            identifier = MemberIdentifier.Ethereum(text);
            return true;
        }

        var key = new byte[text.Length / 2];
        if (!Crypto.HexText.TryDecode(text, key))
        {
            refusal = new(IdentityRefusalKind.ConversionInvalidPublicKey, "passkey is invalid: None");
            return false;
        }

        identifier = MemberIdentifier.Passkey(key, relyingParty);
        return true;
    }

    // The checks that revoking and changing recovery share.
    protected static IdentityRefusal? RefusalAsRecovery(AssociationState? state, VerifiedSignature signature)
    {
        if (state is null) return IdentityRefusal.NotCreated;
        if (state.HasSeen(signature.RawBytes)) return IdentityRefusal.Replay;
        if (state.Find(signature.Signer) is { } member && member.AddedOnChain != signature.ChainId)
        {
            return IdentityRefusal.ChainIdMismatch(member.AddedOnChain, signature.ChainId);
        }

        if (signature.Kind is SignatureKind.LegacyDelegated) return IdentityRefusal.SignatureNotAllowed;
        return signature.Signer.Equals(state.Recovery) ? null : IdentityRefusal.MissingExistingMember;
    }
}
