using Secp256k1Net;

namespace XmtpOrleans.Protocol.Crypto;

// One context for all threads: the C library takes it const in every call below, so concurrent calls need neither a lock nor a context per thread.
// Arguments it calls illegal (a recovery id above 3, a zeroed key object) never reach it: it would report them to standard error.
#pragma warning disable CA1001 // Lives as long as the process.
internal sealed class NativeSecp256k1 : ISecp256k1
#pragma warning restore CA1001
{
    private const int KeyObjectSize = Secp256k1Net.Secp256k1.UNSERIALIZED_PUBKEY_LENGTH;

    private const int RecoverableObjectSize = Secp256k1Net.Secp256k1.UNSERIALIZED_SIGNATURE_SIZE;

    private readonly Secp256k1Net.Secp256k1 _library = new();

    public Secp256k1Backend Kind => Secp256k1Backend.Native;

    public bool IsValidSecret(ReadOnlySpan<byte> secret) => _library.EcSeckeyVerify(secret);

    public void CreatePublicKey(ReadOnlySpan<byte> secret, Span<byte> publicKey)
    {
        Span<byte> key = stackalloc byte[KeyObjectSize];
        Demand(_library.EcPubkeyCreate(key, secret));
        Serialize(key, publicKey);
    }

    public bool TryParsePublicKey(ReadOnlySpan<byte> encoded, Span<byte> publicKey)
    {
        Span<byte> key = stackalloc byte[KeyObjectSize];
        if (!_library.EcPubkeyParse(key, encoded)) return false;
        Serialize(key, publicKey);
        return true;
    }

    public void Sign(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> hash, Span<byte> signature)
    {
        Span<byte> recoverable = stackalloc byte[RecoverableObjectSize];
        Demand(_library.EcdsaSignRecoverable(recoverable, hash, secret));
        Demand(_library.EcdsaRecoverableSignatureSerializeCompact(signature[..64], out var recoveryId, recoverable));
        signature[64] = (byte)recoveryId;
    }

    public bool TryRecover(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> signature, Span<byte> publicKey)
    {
        Span<byte> recoverable = stackalloc byte[RecoverableObjectSize];
        Span<byte> key = stackalloc byte[KeyObjectSize];
        if (!_library.EcdsaRecoverableSignatureParseCompact(recoverable, signature[..64], signature[64])) return false;
        if (!_library.EcdsaRecover(key, recoverable, hash)) return false;
        Serialize(key, publicKey);
        return true;
    }

    public bool Verify(ReadOnlySpan<byte> hash, ReadOnlySpan<byte> rs, ReadOnlySpan<byte> publicKey)
    {
        Span<byte> key = stackalloc byte[KeyObjectSize];
        Span<byte> parsed = stackalloc byte[Secp256k1Net.Secp256k1.UNSERIALIZED_SIGNATURE_LENGTH];
        return _library.EcPubkeyParse(key, publicKey)
            && _library.EcdsaSignatureParseCompact(parsed, rs)
            && _library.EcdsaVerify(parsed, hash, key);
    }

    private static void Demand(bool done)
    {
        if (!done) throw new InvalidOperationException("the secp256k1 library refused arguments that had been checked");
    }

    private void Serialize(ReadOnlySpan<byte> key, Span<byte> publicKey)
    {
        nuint length = Secp256k1PublicKey.Size;
        Demand(_library.EcPubkeySerialize(publicKey, ref length, key, Secp256k1EcFlags.Uncompressed));
    }
}
