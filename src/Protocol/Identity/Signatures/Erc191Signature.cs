using System.Diagnostics.CodeAnalysis;
using Xmtp.Identity.Associations;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// An externally owned wallet. There is no expected signer: a signature over another text is by somebody else.
internal sealed class Erc191Signature(Signature message) : IdentitySignature(message)
{
    public override bool TryVerify(
        SignatureText text, [NotNullWhen(true)] out VerifiedSignature? verified, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        verified = PersonalSignature.TryRecover(Message.Erc191.Bytes.Span, text.PersonalHash.Span, out var signer, out var raw, out refusal)
            ? new(MemberIdentifier.Ethereum(signer), SignatureKind.Erc191, raw)
            : null;
        return verified is not null;
    }
}
