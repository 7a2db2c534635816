using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Protocol.Crypto;

/// <summary>A public key on secp256k1, such as the registry holds for a node.</summary>
public sealed class Secp256k1PublicKey : IEquatable<Secp256k1PublicKey>
{
    /// <summary>Bytes of the uncompressed form: 4, X, Y.</summary>
    public const int Size = 65;

    private readonly byte[] _uncompressed;

    private Secp256k1PublicKey(byte[] uncompressed)
    {
        _uncompressed = uncompressed;
        Address = AddressOf(uncompressed);
    }

    /// <summary>The account of this key.</summary>
    public EthereumAddress Address { get; }

    /// <summary>The uncompressed form, 65 bytes.</summary>
    public ReadOnlyMemory<byte> Uncompressed => _uncompressed;

    /// <summary>
    /// Reads the uncompressed (65 bytes, 4 first) or compressed form (33 bytes, 2 or 3 first); <see langword="false"/> for anything else, hybrid
    /// forms included, and for points off the curve.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> encoded, [NotNullWhen(true)] out Secp256k1PublicKey? publicKey)
    {
        publicKey = null;
        var known = encoded.Length switch
        {
            Size => encoded[0] == 4,
            33 => encoded[0] is 2 or 3,
            _ => false,
        };
        if (!known) return false;
        var uncompressed = new byte[Size];
        if (!Secp256k1.Library.TryParsePublicKey(encoded, uncompressed)) return false;
        publicKey = new Secp256k1PublicKey(uncompressed);
        return true;
    }

    /// <summary>
    /// Plain ECDSA over the first 64 bytes (r, s) of <paramref name="signature"/>; a v byte after them is ignored. <see langword="false"/> when it
    /// does not verify, when s is high, or when the length is neither 64 nor 65.
    /// </summary>
    public bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, Secp256k1.HashSize, nameof(hash));
        return signature.Length is 64 or Secp256k1.SignatureSize && Secp256k1.Library.Verify(hash, signature[..64], _uncompressed);
    }

    /// <inheritdoc/>
    public bool Equals(Secp256k1PublicKey? other) => other is not null && _uncompressed.AsSpan().SequenceEqual(other._uncompressed);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Secp256k1PublicKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Address.GetHashCode();

    /// <summary>The uncompressed form as lower-case hex with <c>0x</c>.</summary>
    public override string ToString() => $"0x{Convert.ToHexStringLower(_uncompressed)}";

    internal static EthereumAddress AddressOf(ReadOnlySpan<byte> uncompressed)
    {
        Span<byte> hash = stackalloc byte[Keccak256.Size];
        Keccak256.Hash(uncompressed[1..], hash);
        return EthereumAddress.FromBytes(hash[12..]);
    }
}
