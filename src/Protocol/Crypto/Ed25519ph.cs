using System.Numerics;
using System.Security.Cryptography;

namespace XmtpOrleans.Protocol.Crypto;

// Ed25519ph of RFC 8032 with a context, non-strict: what identity updates need for agreement with every client (05 §4.4), and what no library at hand
// offers. Small-order and non-canonical keys are accepted on purpose.
internal static class Ed25519ph
{
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    /// <summary>Whether 32 bytes are the encoding of a point, canonical or not.</summary>
    public static bool IsPublicKey(ReadOnlySpan<byte> publicKey) =>
        publicKey.Length == Ed25519.PublicKeySize && EdwardsPoint.TryDecompress(publicKey, out _);

    /// <summary>Verifies a signature of 64 bytes; <paramref name="context"/> has at most 255 bytes.</summary>
    public static Ed25519phVerdict Verify(
        ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> context, ReadOnlySpan<byte> message, ReadOnlySpan<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(context.Length, byte.MaxValue, nameof(context));
        ArgumentOutOfRangeException.ThrowIfNotEqual(signature.Length, Ed25519.SignatureSize, nameof(signature));
        if (publicKey.Length != Ed25519.PublicKeySize || !EdwardsPoint.TryDecompress(publicKey, out var point)) return Ed25519phVerdict.KeyNotAPoint;
        var r = signature[..32];
        var s = signature[32..];
        if (new BigInteger(s, isUnsigned: true) >= Order) return Ed25519phVerdict.ScalarNotCanonical;

        Span<byte> hash = stackalloc byte[SHA512.HashSizeInBytes];
        using (var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA512))
        {
            sha.AppendData("SigEd25519 no Ed25519 collisions\u0001"u8);
            sha.AppendData([(byte)context.Length]);
            sha.AppendData(context);
            sha.AppendData(r);
            sha.AppendData(publicKey);
            SHA512.HashData(message, hash);
            sha.AppendData(hash);
            sha.GetHashAndReset(hash);
        }

        Span<byte> k = stackalloc byte[32];
        k.Clear();
        (new BigInteger(hash, isUnsigned: true) % Order).TryWriteBytes(k, out _, isUnsigned: true);
        Span<byte> expected = stackalloc byte[32];
        EdwardsPoint.EncodeDifference(s, k, point, expected);
        return expected.SequenceEqual(r) ? Ed25519phVerdict.Valid : Ed25519phVerdict.EquationNotSatisfied;
    }
}
