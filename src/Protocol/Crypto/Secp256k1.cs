namespace XmtpOrleans.Protocol.Crypto;

/// <summary>Recovery of signers on secp256k1, and which library does it. Every member may be called from any thread at once, without locks.</summary>
public static class Secp256k1
{
    /// <summary>Bytes of a recoverable signature: r, s and v.</summary>
    public const int SignatureSize = 65;

    /// <summary>Bytes of a digest to sign or recover from.</summary>
    public const int HashSize = 32;

    private static readonly (ISecp256k1 Library, string? FallbackReason) Chosen = Choose(static () => new NativeSecp256k1());

    /// <summary>The library in use, chosen once per process; the host logs it.</summary>
    public static Secp256k1Backend Backend => Chosen.Library.Kind;

    /// <summary>Why the native library is not in use; <see langword="null"/> when it is.</summary>
    public static string? FallbackReason => Chosen.FallbackReason;

    internal static ISecp256k1 Library => Chosen.Library;

    /// <summary>
    /// Finds the account whose key made <paramref name="signature"/> over <paramref name="hash"/>. There is no expected signer: a signature over other
    /// bytes yields another account. <see langword="false"/> only for a signature that is malformed: not 65 bytes, v not 0 to 3 (27 and 28 are
    /// refused), r or s out of range, no such point. High s is accepted, so signature bytes identify nothing.
    /// </summary>
    public static bool TryRecover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, out EthereumAddress signer)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(hash.Length, HashSize, nameof(hash));
        signer = default;
        if (signature.Length != SignatureSize || signature[64] > 3) return false;
        Span<byte> publicKey = stackalloc byte[Secp256k1PublicKey.Size];
        if (!Library.TryRecover(hash, signature, publicKey)) return false;
        signer = Secp256k1PublicKey.AddressOf(publicKey);
        return true;
    }

    internal static (ISecp256k1 Library, string? FallbackReason) Choose(Func<ISecp256k1> native)
    {
        try
        {
            return (native(), null);
        }
#pragma warning disable CA1031 // The library's loader throws System.Exception itself when it finds no file for the platform.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            return (new ManagedSecp256k1(), failure.Message);
        }
    }
}
