using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Protocol.Crypto;

/// <summary>The secret of a node or payer. It never prints itself: its text is the account it belongs to.</summary>
[DebuggerDisplay("{ToString(),nq}")]
public sealed class Secp256k1PrivateKey
{
    /// <summary>Bytes of a secret.</summary>
    public const int Size = 32;

    [DebuggerBrowsable(DebuggerBrowsableState.Never)]
    private readonly byte[] _secret;

    private Secp256k1PrivateKey(ReadOnlySpan<byte> secret)
    {
        _secret = secret.ToArray();
        Span<byte> encoded = stackalloc byte[Secp256k1PublicKey.Size];
        Secp256k1.Library.CreatePublicKey(_secret, encoded);
        PublicKey = Secp256k1PublicKey.TryParse(encoded, out var publicKey)
            ? publicKey
            : throw new UnreachableException("a valid secret has a public key");
    }

    /// <summary>The public half.</summary>
    public Secp256k1PublicKey PublicKey { get; }

    /// <summary>The account of this key.</summary>
    public EthereumAddress Address => PublicKey.Address;

    /// <summary>Reads 64 hex digits of any case, with or without <c>0x</c>; <see langword="false"/> for anything else, zero, or a number of the curve's order or more.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out Secp256k1PrivateKey? privateKey)
    {
        privateKey = null;
        Span<byte> secret = stackalloc byte[Size];
        return HexText.TryDecode(HexText.WithoutPrefix(text), secret) && TryFromBytes(secret, out privateKey);
    }

    /// <summary>Takes exactly 32 bytes; <see langword="false"/> for another length, zero, or a number of the curve's order or more.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> secret, [NotNullWhen(true)] out Secp256k1PrivateKey? privateKey)
    {
        privateKey = secret.Length == Size && Secp256k1.Library.IsValidSecret(secret) ? new Secp256k1PrivateKey(secret) : null;
        return privateKey is not null;
    }

    /// <summary>
    /// Signs a digest into the first 65 bytes of <paramref name="signature"/> as r, s, v: deterministic (RFC 6979), low s, v 0 or 1. Allocates
    /// nothing with the native library.
    /// </summary>
    public void Sign(ReadOnlySpan<byte> hash, Span<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, Secp256k1.HashSize, nameof(hash));
        ArgumentOutOfRangeException.ThrowIfLessThan(signature.Length, Secp256k1.SignatureSize, nameof(signature));
        Secp256k1.Library.Sign(_secret, hash, signature[..Secp256k1.SignatureSize]);
    }

    /// <summary>Names the account, never the secret.</summary>
    public override string ToString() => $"key of {Address}";
}
