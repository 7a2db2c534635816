using NSec.Cryptography;

namespace XmtpOrleans.Protocol.Crypto;

/// <summary>
/// Pure Ed25519, strict, as MLS uses it: refuses keys and points of small order, non-canonical keys, and S not below the group order (05 §13).
/// </summary>
public static class Ed25519
{
    /// <summary>Bytes of a public key.</summary>
    public const int PublicKeySize = 32;

    /// <summary>Bytes of a signature: R and S.</summary>
    public const int SignatureSize = 64;

    /// <summary>Whether <paramref name="signature"/> is by this key over the message; <see langword="false"/> for bytes of any other length too.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature) =>
        signature.Length == SignatureSize
        && PublicKey.TryImport(SignatureAlgorithm.Ed25519, publicKey, KeyBlobFormat.RawPublicKey, out var key)
        && key is not null
        && SignatureAlgorithm.Ed25519.Verify(key, message, signature);
}
