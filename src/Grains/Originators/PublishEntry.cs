using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>One payer envelope to be ordered.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.publish-entry")]
public sealed class PublishEntry
{
    /// <summary>The payer envelope exactly as it arrived; it is what gets embedded, signed over and charged for.</summary>
    [Id(0)] public required byte[] PayerEnvelope { get; init; }

    /// <summary>Where the client envelope's bytes start in <see cref="PayerEnvelope"/>.</summary>
    [Id(1)] public required int ClientStart { get; init; }

    /// <summary>How many bytes the client envelope has.</summary>
    [Id(2)] public required int ClientLength { get; init; }

    /// <summary>Topic of the client envelope.</summary>
    [Id(3)] public required Topic Topic { get; init; }

    /// <summary>Days the payer pays for; 4294967295 is for ever.</summary>
    [Id(4)] public required uint RetentionDays { get; init; }

    /// <summary>First 16 bytes of the SHA-256 of the client envelope. The front computes it, so that the sequencer's turn need not.</summary>
    [Id(5)] public required UInt128 ClientDigest { get; init; }

    /// <summary>The client envelope's bytes: with the payer they identify the publish.</summary>
    public ReadOnlySpan<byte> ClientEnvelope => PayerEnvelope.AsSpan(ClientStart, ClientLength);

    /// <summary>The entry of a payer envelope that was checked. Shares its bytes where they stand alone in their array.</summary>
    public static PublishEntry Of(ParsedPayerEnvelope envelope)
    {
        var client = envelope.Client.Bytes.Span;
        return new PublishEntry
        {
            PayerEnvelope = MemoryMarshal.TryGetArray(envelope.Bytes, out var segment) && segment.Count == segment.Array!.Length
                ? segment.Array
                : envelope.Bytes.ToArray(),
            ClientStart = envelope.ClientStart,
            ClientLength = client.Length,
            Topic = envelope.Client.Topic,
            RetentionDays = envelope.RetentionDays,
            ClientDigest = DigestOf(client),
        };
    }

    /// <summary>The value of <see cref="ClientDigest"/> for a client envelope.</summary>
    public static UInt128 DigestOf(ReadOnlySpan<byte> clientEnvelope)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(clientEnvelope, hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
