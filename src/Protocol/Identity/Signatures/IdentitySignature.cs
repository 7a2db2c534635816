using System.Diagnostics.CodeAnalysis;
using Xmtp.Identity.Associations;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// One signature of an update, well-formed but not yet checked.
internal abstract class IdentitySignature(Signature message)
{
    /// <summary>The message it was read from; equal messages are equal signatures.</summary>
    public Signature Message { get; } = message;

    /// <summary>Reads a signature; refuses what clients refuse before they check any signature (05 §4.8).</summary>
    public static bool TryRead(
        Signature? message, [NotNullWhen(true)] out IdentitySignature? signature, [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        signature = null;
        refusal = null;
        switch (message?.SignatureCase)
        {
            case null:
                refusal = IdentityRefusal.Missing("signature", "identity::associations::Signature");
                break;
            case Signature.SignatureOneofCase.Erc191:
                signature = new Erc191Signature(message);
                break;
            case Signature.SignatureOneofCase.InstallationKey:
                refusal = RefusalOf(message.InstallationKey);
                signature = refusal is null ? new InstallationKeySignature(message) : null;
                break;
            case Signature.SignatureOneofCase.Passkey:
                signature = new PasskeySignature(message);
                break;
            case Signature.SignatureOneofCase.Erc6492:
                signature = AccountId.TryParse(message.Erc6492.AccountId, out var account, out refusal) ? new Erc6492Signature(message, account) : null;
                break;
            case Signature.SignatureOneofCase.DelegatedErc191:
                refusal = RefusalOf(message.DelegatedErc191);
                signature = refusal is null ? new LegacyDelegatedSignature(message) : null;
                break;
            default:
                refusal = IdentityRefusal.Missing("signature", "identity::associations::signature::Signature");
                break;
        }

        return refusal is null && signature is not null;
    }

    /// <summary>Checks the signature over the text, but for what only a chain can say.</summary>
    public abstract bool TryVerify(
        SignatureText text, [NotNullWhen(true)] out VerifiedSignature? verified, [NotNullWhen(false)] out IdentityRefusal? refusal);

    private static IdentityRefusal? RefusalOf(RecoverableEd25519Signature signature) => signature.PublicKey.Length != Ed25519.PublicKeySize
        ? new(IdentityRefusalKind.ConversionEdKey, "signature error: VerifyingKey must be 32 bytes in length")
        : Ed25519ph.IsPublicKey(signature.PublicKey.Span)
            ? null
            : new(IdentityRefusalKind.ConversionEdKey, "signature error: Cannot decompress Edwards point");

    private static IdentityRefusal? RefusalOf(Xmtp.Identity.Associations.LegacyDelegatedSignature signature) =>
        signature.Signature is null ? IdentityRefusal.Missing("signature", "identity::associations::RecoverableEcdsaSignature")
        : signature.DelegatedKey is null ? IdentityRefusal.Missing("delegated_key", "message_contents::SignedPublicKey")
        : null;
}
