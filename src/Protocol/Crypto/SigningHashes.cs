using System.Buffers.Binary;
using System.Buffers.Text;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Protocol.Crypto;

/// <summary>The digests that get signed: a label ending in a bar goes before the bytes, so that no signature serves two purposes.</summary>
public static class SigningHashes
{
    /// <summary>What a payer signs: the client envelope's bytes and the node they are meant for. Retention is not covered.</summary>
    public static void Payer(OriginatorId target, ReadOnlySpan<byte> unsignedClientEnvelope, Span<byte> hash)
    {
        Span<byte> targetBytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(targetBytes, target.Value);
        var keccak = default(Keccak256);
        keccak.Append("target|"u8);
        keccak.Append(targetBytes);
        keccak.Append("payer|"u8);
        keccak.Append(unsignedClientEnvelope);
        keccak.Finish(hash);
    }

    /// <summary>What a node signs: its unsigned originator envelope's bytes.</summary>
    public static void Originator(ReadOnlySpan<byte> unsignedOriginatorEnvelope, Span<byte> hash)
    {
        var keccak = default(Keccak256);
        keccak.Append("originator|"u8);
        keccak.Append(unsignedOriginatorEnvelope);
        keccak.Finish(hash);
    }

    /// <summary>What a wallet signs when its owner is shown a text (EIP-191, <c>personal_sign</c>).</summary>
    public static void PersonalMessage(ReadOnlySpan<byte> text, Span<byte> hash)
    {
        Span<byte> length = stackalloc byte[10];
        Utf8Formatter.TryFormat(text.Length, length, out var digits);
        var keccak = default(Keccak256);
        keccak.Append("\u0019Ethereum Signed Message:\n"u8);
        keccak.Append(length[..digits]);
        keccak.Append(text);
        keccak.Finish(hash);
    }
}
