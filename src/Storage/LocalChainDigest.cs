using System.Buffers.Binary;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Storage;

/// <summary>What a broadcast is found by within the duplicate window.</summary>
internal static class LocalChainDigest
{
    /// <summary>Equal exactly when identifier and payload are.</summary>
    public static byte[] Of(ReadOnlySpan<byte> identifier, ReadOnlySpan<byte> payload)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(length, identifier.Length); // keeps two splits of the same bytes apart
        var keccak = default(Keccak256);
        keccak.Append(length);
        keccak.Append(identifier);
        keccak.Append(payload);
        var digest = new byte[Keccak256.Size];
        keccak.Finish(digest);
        return digest;
    }
}
