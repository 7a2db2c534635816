using System.Diagnostics.CodeAnalysis;
using System.Text;
using Google.Protobuf;
using Xmtp.Identity.Associations;
using Xmtp.MessageContents;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using Signature = Xmtp.Identity.Associations.Signature;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// A key of the second protocol version that a wallet once signed: it speaks for that wallet. What is remembered is the wallet's signature, so that each
// such key counts once (05 §4.7).
internal sealed class LegacyDelegatedSignature(Signature message) : IdentitySignature(message)
{
    private static readonly WireShape KeyShape = WireShape.Of(UnsignedPublicKey.Descriptor);

    public override bool TryVerify(
        SignatureText text, [NotNullWhen(true)] out VerifiedSignature? verified, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        verified = null;
        var delegated = Message.DelegatedErc191;
        if (!PersonalSignature.TryRecover(delegated.Signature.Bytes.Span, text.PersonalHash.Span, out var speaker, out _, out refusal)) return false;

        refusal = IdentityRefusal.SignatureInvalid;
        var key = delegated.DelegatedKey;
        if (!TryReadWalletSignature(key.Signature, out var walletSignature)) return false;
        Span<byte> hash = stackalloc byte[Keccak256.Size];
        SigningHashes.PersonalMessage(CreationText(key.KeyBytes), hash);
        if (!PersonalSignature.TryRecover(walletSignature, hash, out var wallet, out var raw, out refusal)) return false;

        refusal = IdentityRefusal.SignatureInvalid;
        if (!TryReadKey(key.KeyBytes, out var encoded)) return false;
        refusal = new(IdentityRefusalKind.SignatureMalformed, "ed25519 Signature failed signature error");
        if (!TryParseKey(encoded, out var publicKey)) return false;
        refusal = IdentityRefusal.SignatureInvalid;
        if (publicKey.Address != speaker) return false;

        refusal = null;
        verified = new(MemberIdentifier.Ethereum(wallet), SignatureKind.LegacyDelegated, raw);
        return true;
    }

    private static byte[] CreationText(ByteString keyBytes) => Encoding.ASCII.GetBytes(
        $"XMTP : Create Identity\n{Convert.ToHexStringLower(keyBytes.Span)}\n\nFor more info: https://xmtp.org/signatures/");

    private static bool TryReadWalletSignature(Xmtp.MessageContents.Signature? signature, out byte[] recoverable)
    {
        var (compact, recovery) = signature?.UnionCase switch
        {
            Xmtp.MessageContents.Signature.UnionOneofCase.EcdsaCompact => (signature.EcdsaCompact.Bytes, signature.EcdsaCompact.Recovery),
            Xmtp.MessageContents.Signature.UnionOneofCase.WalletEcdsaCompact =>
                (signature.WalletEcdsaCompact.Bytes, signature.WalletEcdsaCompact.Recovery),
            _ => (ByteString.Empty, 0u),
        };
        recoverable = [.. compact.Span, unchecked((byte)recovery)];
        return recoverable.Length == Secp256k1.SignatureSize;
    }

    private static bool TryReadKey(ByteString keyBytes, out ByteString encoded)
    {
        encoded = ByteString.Empty;
        if (!KeyShape.TryParse(keyBytes.Span, UnsignedPublicKey.Parser, out var key)) return false;
        if (key.UnionCase is not UnsignedPublicKey.UnionOneofCase.Secp256K1Uncompressed) return false;
        encoded = key.Secp256K1Uncompressed.Bytes;
        return true;
    }

    // Clients take the compact form too, which on this curve stands for the even point.
    private static bool TryParseKey(ByteString encoded, [NotNullWhen(true)] out Secp256k1PublicKey? publicKey) =>
        encoded is { Length: 33 } && encoded[0] == 5
            ? Secp256k1PublicKey.TryParse([2, .. encoded.Span[1..]], out publicKey)
            : Secp256k1PublicKey.TryParse(encoded.Span, out publicKey);
}
