using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity.Signatures;

// Recovers the wallet behind an EIP-191 signature as clients do (05 §4.3). That differs from payers' signatures: s is lowered first without touching v,
// and v takes the forms that wallets use.
internal static class PersonalSignature
{
    /// <summary>Gives the wallet and the 65 bytes that identify the signature: s lowered, v as it came.</summary>
    public static bool TryRecover(
        ReadOnlySpan<byte> signature,
        ReadOnlySpan<byte> hash,
        out EthereumAddress signer,
        [NotNullWhen(true)] out byte[]? raw,
        [NotNullWhen(false)] out IdentityRefusal? refusal)
    {
        signer = default;
        raw = null;
        refusal = IdentityRefusal.SignatureInvalid;
        if (signature.Length is not (64 or 65)) return false;
        refusal = new(IdentityRefusalKind.SignatureMalformed, "ed25519 Signature failed signature error");
        if (!Secp256k1Order.IsScalar(signature[..32]) || !Secp256k1Order.IsScalar(signature[32..64])) return false;
        refusal = new(IdentityRefusalKind.SignatureBadLength, "expected exactly 65 bytes");
        if (signature.Length == 64) return false;
        refusal = new(IdentityRefusalKind.SignatureBadV, $"invalid parity: {signature[64]}");
        if (ParityOf(signature[64]) is not { } parity) return false;

        var lowered = signature.ToArray();
        Secp256k1Order.Lower(lowered.AsSpan(32, 32));
        Span<byte> recoverable = stackalloc byte[Secp256k1.SignatureSize];
        lowered.CopyTo(recoverable);
        recoverable[64] = parity;
        refusal = new(IdentityRefusalKind.SignatureMalformed, "signature error");
        if (!Secp256k1.TryRecover(hash, recoverable, out signer)) return false;
        raw = lowered;
        refusal = null;
        return true;
    }

    private static byte? ParityOf(byte v) => v switch
    {
        0 or 27 => 0,
        1 or 28 => 1,
        >= 35 => (byte)((v - 35) & 1),
        _ => null,
    };
}
