using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Mls;

/// <summary>Verifies labelled signatures of MLS (RFC 9420 §5.1.2).</summary>
internal static class MlsSignature
{
    /// <summary>Whether the key signed this content under this label; <see langword="false"/> for the suites that clients cannot verify.</summary>
    public static bool Verify(
        CipherSuite suite, ReadOnlySpan<byte> publicKey, string label, ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature) => suite switch
    {
        CipherSuite.X25519Aes128Ed25519 or CipherSuite.X25519ChaCha20Ed25519 or CipherSuite.XWingChaCha20Ed25519 =>
            Ed25519.Verify(publicKey, Labelled(label, content), signature),
        CipherSuite.P256Aes128P256 => VerifyP256(publicKey, Labelled(label, content), signature),
        _ => false,
    };

    /// <summary>What is signed or hashed for a content: the label with its prefix as one vector, the content as another.</summary>
    public static byte[] Labelled(string label, ReadOnlySpan<byte> content)
    {
        var name = Encoding.ASCII.GetBytes("MLS 1.0 " + label);
        var bytes = new byte[HeaderLength(name.Length) + name.Length + HeaderLength(content.Length) + content.Length];
        var rest = bytes.AsSpan();
        WriteVector(ref rest, name);
        WriteVector(ref rest, content);
        return bytes;
    }

    private static bool VerifyP256(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> message, ReadOnlySpan<byte> der)
    {
        Span<byte> point = stackalloc byte[P256.PointSize];
        Span<byte> signature = stackalloc byte[P256.SignatureSize];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (!P256.TryDecodePoint(publicKey, point) || !P256.TryReadDer(der, signature)) return false;

        SHA256.HashData(message, digest);
        return P256.Verify(point, digest, signature);
    }

    private static int HeaderLength(int length) => length switch
    {
        < 1 << 6 => 1,
        < 1 << 14 => 2,
        _ => 4,
    };

    private static void WriteVector(ref Span<byte> rest, ReadOnlySpan<byte> content)
    {
        switch (HeaderLength(content.Length))
        {
            case 1:
                rest[0] = (byte)content.Length;
                rest = rest[1..];
                break;
            case 2:
                BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)(0x4000 | content.Length));
                rest = rest[2..];
                break;
            default:
                BinaryPrimitives.WriteUInt32BigEndian(rest, 0x8000_0000 | (uint)content.Length);
                rest = rest[4..];
                break;
        }

        content.CopyTo(rest);
        rest = rest[content.Length..];
    }
}
