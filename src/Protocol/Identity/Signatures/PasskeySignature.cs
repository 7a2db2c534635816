using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Xmtp.Identity.Associations;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// A WebAuthn assertion whose challenge is the text itself. Type, flags, counter and origin are not checked, and s may be high, as with clients (05 §4.5).
internal sealed class PasskeySignature(Signature message) : IdentitySignature(message)
{
    public override bool TryVerify(
        SignatureText text, [NotNullWhen(true)] out VerifiedSignature? verified, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        var assertion = Message.Passkey;
        verified = null;
        refusal = new(IdentityRefusalKind.SignatureInvalidClientData, "client_data is invalid");
        if (!ClientData.TryRead(assertion.ClientDataJson.Span, out var origin, out var challenge)) return false;
        if (!string.Equals(challenge, Base64Url.EncodeToString(text.Utf8), StringComparison.Ordinal)) return false;

        refusal = new(IdentityRefusalKind.SignatureInvalidPublicKey, "Invalid public key");
        Span<byte> point = stackalloc byte[P256.PointSize];
        if (!P256.TryDecodePoint(assertion.PublicKey.Span, point)) return false;

        refusal = IdentityRefusal.SignatureInvalid;
        var signature = new byte[P256.SignatureSize];
        if (!P256.TryReadDer(assertion.Signature.Span, signature)) return false;

        refusal = new(IdentityRefusalKind.SignatureP256, "ed25519 Signature failed signature error");
        if (!P256.Verify(point, DigestOf(assertion), signature)) return false;

        refusal = null;
        verified = new(MemberIdentifier.Passkey(assertion.PublicKey.Span, origin), SignatureKind.P256, signature);
        return true;
    }

    private static byte[] DigestOf(RecoverablePasskeySignature assertion)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(assertion.AuthenticatorData.Span);
        sha.AppendData(SHA256.HashData(assertion.ClientDataJson.Span));
        return sha.GetHashAndReset();
    }
}
