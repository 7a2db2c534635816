namespace XmtpOrleans.Protocol.Crypto;

/// <summary>Which library does the secp256k1 arithmetic; both give the same bytes.</summary>
public enum Secp256k1Backend
{
    /// <summary>The native library inside the package: 16 µs a signature, 27 µs a recovery, no allocation.</summary>
    Native,

    /// <summary>The managed library, about five times slower; used only where the native one does not load.</summary>
    Managed,
}
