using System.Buffers.Binary;
using System.Security.Cryptography;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Stands for the bytes of a client envelope: their SHA-256.</summary>
internal readonly record struct EnvelopeKey(UInt128 High, UInt128 Low)
{
    public static EnvelopeKey Of(ReadOnlySpan<byte> clientEnvelope)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(clientEnvelope, hash);
        return new EnvelopeKey(BinaryPrimitives.ReadUInt128BigEndian(hash), BinaryPrimitives.ReadUInt128BigEndian(hash[16..]));
    }
}
