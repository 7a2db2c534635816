using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Testing;

/// <summary>Keys that are the same in every run and guard nothing.</summary>
public static class TestKeys
{
    /// <summary>The key of that number; one and above.</summary>
    public static Secp256k1PrivateKey Key(int number)
    {
        var secret = new byte[Secp256k1PrivateKey.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(secret.AsSpan(Secp256k1PrivateKey.Size - sizeof(int)), number);
        return Secp256k1PrivateKey.TryFromBytes(secret, out var key) ? key : throw new ArgumentOutOfRangeException(nameof(number));
    }
}
