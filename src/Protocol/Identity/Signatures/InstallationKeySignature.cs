using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Xmtp.Identity.Associations;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// An installation: Ed25519ph under its own context, non-strict as clients check it (05 §4.4).
internal sealed class InstallationKeySignature(Signature message) : IdentitySignature(message)
{
    private static ReadOnlySpan<byte> Context => "IDENTITY UPDATE SIGNATURE"u8;

    public override bool TryVerify(
        SignatureText text, [NotNullWhen(true)] out VerifiedSignature? verified, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        var (key, bytes) = (Message.InstallationKey.PublicKey, Message.InstallationKey.Bytes);
        verified = null;
        refusal = bytes.Length != Ed25519.SignatureSize
            ? new(IdentityRefusalKind.SignatureSliceLen, "could not convert slice to array")
            : Ed25519ph.Verify(key.Span, Context, text.Utf8, bytes.Span) switch
            {
                Ed25519phVerdict.Valid => null,
                Ed25519phVerdict.ScalarNotCanonical => Refused("Cannot use scalar with high-bit set"),
                Ed25519phVerdict.EquationNotSatisfied => Refused("Verification equation was not satisfied"),
                var verdict => throw new UnreachableException($"a key that was read is {verdict}"),
            };
        if (refusal is not null) return false;
        verified = new(MemberIdentifier.Installation(key.Span), SignatureKind.InstallationKey, bytes.ToByteArray());
        return true;
    }

    private static IdentityRefusal Refused(string why) => new(IdentityRefusalKind.SignatureEd25519, $"ed25519 Signature failed signature error: {why}");
}
