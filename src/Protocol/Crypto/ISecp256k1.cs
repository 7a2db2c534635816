namespace XmtpOrleans.Protocol.Crypto;

// What a backend must do. Callers have checked all lengths: secrets and hashes have 32 bytes, signatures 65 (r, s, v) or 64 (r, s), public keys 65.
// Implementations are safe for concurrent calls.
internal interface ISecp256k1
{
    Secp256k1Backend Kind { get; }

    bool IsValidSecret(ReadOnlySpan<byte> secret);

    void CreatePublicKey(ReadOnlySpan<byte> secret, Span<byte> publicKey);

    /// <summary>Takes 65 bytes starting with 4, or 33 starting with 2 or 3.</summary>
    bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey);

    /// <summary>RFC 6979 with no extra entropy, low s, v 0 or 1.</summary>
    void Sign(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> hash, Span<byte> signature);

    /// <summary>v is 0 to 3; high s is accepted.</summary>
    bool TryRecover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, Span<byte> publicKey);

    /// <summary>Refuses high s.</summary>
    bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> rs, ReadOnlySpan<byte> publicKey);
}
