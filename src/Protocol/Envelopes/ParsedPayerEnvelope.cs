using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>A payer envelope as it arrived: the exact bytes beside what was read out of them. Its signature is not yet checked.</summary>
public sealed class ParsedPayerEnvelope
{
    private const int ClientEnvelopeField = 1;
    private const int SignatureField = 2;
    private const int TargetField = 3;
    private const int RetentionField = 4;

    private ParsedPayerEnvelope(ReadOnlyMemory<byte> bytes, ParsedClientEnvelope client, int clientStart)
    {
        Bytes = bytes;
        Client = client;
        ClientStart = clientStart;
    }

    /// <summary>The bytes that an originator embeds, signs over and charges for by length.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The envelope inside.</summary>
    public ParsedClientEnvelope Client { get; }

    /// <summary>Where the client envelope's bytes start in <see cref="Bytes"/>.</summary>
    public int ClientStart { get; }

    /// <summary>65 bytes r, s, v as sent, unchecked; empty when the field is absent.</summary>
    public ReadOnlyMemory<byte> PayerSignature { get; private init; }

    /// <summary>Whether the signature field is present at all.</summary>
    public bool HasPayerSignature { get; private init; }

    /// <summary>The one originator that may order it.</summary>
    public OriginatorId Target { get; private init; }

    /// <summary>Days the payer pays for; 4294967295 is for ever. Not covered by the payer's signature.</summary>
    public uint RetentionDays { get; private init; }

    /// <summary>Reads a payer envelope and the client envelope inside; on refusal says why in words for the caller (02 §3).</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ParsedPayerEnvelope? envelope, [NotNullWhen(false)] out string? refusal)
    {
        envelope = null;
        refusal = "payer envelope is not a valid message";
        var (clientStart, clientLength) = (0, 0);
        var (signatureStart, signatureLength) = (0, 0);
        var hasSignature = false;
        ulong target = 0, retention = 0;
        var reader = new WireReader(bytes.Span);
        bool malformed;
        while (reader.Next(out malformed))
        {
            switch (reader.Field, reader.WireType)
            {
                case (ClientEnvelopeField, 2):
                    (clientStart, clientLength) = (reader.Start, reader.Length);
                    break;
                case (SignatureField, 2):
                    hasSignature = true;
                    if (!TryReadSignature(bytes.Span, reader.Start, reader.Length, ref signatureStart, ref signatureLength)) return false;
                    break;
                case (TargetField, 0):
                    target = reader.Varint;
                    break;
                case (RetentionField, 0):
                    retention = reader.Varint;
                    break;
                case (ClientEnvelopeField or SignatureField or TargetField or RetentionField, _):
                    return false;
                default:
                    break;
            }
        }

        if (malformed) return false;
        if (!ParsedClientEnvelope.TryParse(bytes.Slice(clientStart, clientLength), out var client, out refusal)) return false;
        envelope = new ParsedPayerEnvelope(bytes, client, clientStart)
        {
            HasPayerSignature = hasSignature,
            PayerSignature = bytes.Slice(signatureStart, signatureLength),
            Target = new OriginatorId(unchecked((uint)target)), // as every decoder reads a uint32 field: the low 32 bits
            RetentionDays = unchecked((uint)retention),
        };
        return true;
    }

    private static bool TryReadSignature(ReadOnlySpan<byte> source, int start, int length, ref int signatureStart, ref int signatureLength)
    {
        var reader = new WireReader(source.Slice(start, length));
        bool malformed;
        while (reader.Next(out malformed))
        {
            if (reader.Field != 1) continue;
            if (reader.WireType != 2) return false;
            (signatureStart, signatureLength) = (start + reader.Start, reader.Length);
        }

        return !malformed;
    }
}
