using NBitcoin.Secp256k1;

namespace XmtpOrleans.Protocol.Crypto;

internal sealed class ManagedSecp256k1 : ISecp256k1
{
    private readonly Context _context = new();

    // Field size less curve order: the least r for which r plus the order is no x of a point.
    private static ReadOnlySpan<byte> FirstWithoutSecondX =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x45, 0x51, 0x23, 0x19, 0x50, 0xB7, 0x5F, 0xC4, 0x40, 0x2D, 0xA1, 0x72, 0x2F, 0xC9, 0xBA, 0xEE,
    ];

    public Secp256k1Backend Kind => Secp256k1Backend.Managed;

    public bool IsValidSecret(ReadOnlySpan<byte> secret)
    {
        if (!_context.TryCreateECPrivKey(secret, out var key)) return false;
        key.Dispose();
        return true;
    }

    public void CreatePublicKey(ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        using var key = _context.CreateECPrivKey(secret);
        key.CreatePubKey().WriteToSpan(compressed: false, publicKey, out _);
    }

    public bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey)
    {
        if (!_context.TryCreatePubKey(encoded, out var key)) return false;
        key.WriteToSpan(compressed: false, publicKey, out _);
        return true;
    }

    public void Sign(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> hash, Span<byte> signature)
    {
        using var key = _context.CreateECPrivKey(secret);
        if (!key.TrySignRecoverable(hash, out var recoverable) || recoverable is null)
        {
            throw new InvalidOperationException("no nonce gave a signature");
        }

        recoverable.WriteToSpanCompact(signature[..64], out var recoveryId);
        signature[64] = (byte)recoveryId;
    }

    public bool TryRecover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, Span<byte> publicKey)
    {
        // The library takes r plus the order modulo the field instead of refusing; the native one refuses, as the rule is.
        if (signature[64] > 1 && signature[..32].SequenceCompareTo(FirstWithoutSecondX) >= 0) return false;
        if (!SecpRecoverableECDSASignature.TryCreateFromCompact(signature[..64], signature[64], out var recoverable)) return false;
        if (!ECPubKey.TryRecover(_context, recoverable, hash, out var key)) return false;
        key.WriteToSpan(compressed: false, publicKey, out _);
        return true;
    }

    public bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> rs, ReadOnlySpan<byte> publicKey) =>
        _context.TryCreatePubKey(publicKey, out var key)
        && SecpECDSASignature.TryCreateFromCompact(rs, out var signature)
        && key.SigVerify(signature, hash);
}
