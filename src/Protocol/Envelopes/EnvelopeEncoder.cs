using System.Numerics;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>Writes the layers that an originator adds. Each layer is written once; everybody else forwards its bytes.</summary>
public static class EnvelopeEncoder
{
    /// <summary>Bytes of a recoverable signature.</summary>
    public const int SignatureLength = 65;

    /// <summary>Writes an unsigned originator envelope: fields ascending, zeros left out, as every stock encoder does.</summary>
    public static byte[] Unsigned(
        OriginatorId originator,
        SequenceId sequence,
        long originatorNs,
        ReadOnlySpan<byte> payerEnvelope,
        ulong baseFee,
        ulong congestionFee,
        ulong expiryUnixTime)
    {
        var length = VarintField(originator.Value) + VarintField(sequence.Value) + VarintField(unchecked((ulong)originatorNs))
            + BytesField(payerEnvelope.Length) + VarintField(baseFee) + VarintField(congestionFee) + VarintField(expiryUnixTime);
        var bytes = new byte[length];
        var rest = bytes.AsSpan();
        WriteVarint(ref rest, 1, originator.Value);
        WriteVarint(ref rest, 2, sequence.Value);
        WriteVarint(ref rest, 3, unchecked((ulong)originatorNs));
        WriteBytes(ref rest, 4, payerEnvelope);
        WriteVarint(ref rest, 5, baseFee);
        WriteVarint(ref rest, 6, congestionFee);
        WriteVarint(ref rest, 7, expiryUnixTime);
        return bytes;
    }

    /// <summary>Wraps an unsigned originator envelope with its originator's signature (65 bytes).</summary>
    public static byte[] Signed(ReadOnlySpan<byte> unsigned, ReadOnlySpan<byte> signature) => WithProof(unsigned, 2, signature);

    /// <summary>Wraps an unsigned originator envelope with the hash of the chain transaction that carried it (32 bytes).</summary>
    public static byte[] Proven(ReadOnlySpan<byte> unsigned, ReadOnlySpan<byte> transactionHash) => WithProof(unsigned, 3, transactionHash);

    /// <summary>Writes a payer envelope around the exact bytes of a client envelope. An empty signature is left out, as on the chain.</summary>
    public static byte[] Payer(ReadOnlySpan<byte> clientEnvelope, ReadOnlySpan<byte> signature, OriginatorId target, uint retentionDays)
    {
        var signatureField = signature.IsEmpty ? 0 : BytesField(BytesField(signature.Length));
        var length = BytesField(clientEnvelope.Length) + signatureField + VarintField(target.Value) + VarintField(retentionDays);
        var bytes = new byte[length];
        var rest = bytes.AsSpan();
        WriteBytes(ref rest, 1, clientEnvelope);
        if (!signature.IsEmpty)
        {
            WriteHeader(ref rest, 2, BytesField(signature.Length));
            WriteBytes(ref rest, 1, signature);
        }

        WriteVarint(ref rest, 3, target.Value);
        WriteVarint(ref rest, 4, retentionDays);
        return bytes;
    }

    private static byte[] WithProof(ReadOnlySpan<byte> unsigned, int field, ReadOnlySpan<byte> proof)
    {
        var bytes = new byte[BytesField(unsigned.Length) + BytesField(BytesField(proof.Length))];
        var rest = bytes.AsSpan();
        WriteBytes(ref rest, 1, unsigned);
        WriteHeader(ref rest, field, BytesField(proof.Length));
        WriteBytes(ref rest, 1, proof);
        return bytes;
    }

    private static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private static int VarintField(ulong value) => value == 0 ? 0 : 1 + VarintLength(value);

    private static int BytesField(int length) => length == 0 ? 0 : 1 + VarintLength((ulong)length) + length;

    private static void WriteVarint(ref Span<byte> rest, int field, ulong value)
    {
        if (value == 0) return;
        rest[0] = (byte)(field << 3);
        rest = rest[1..];
        WriteRaw(ref rest, value);
    }

    private static void WriteHeader(ref Span<byte> rest, int field, int length)
    {
        rest[0] = (byte)((field << 3) | 2);
        rest = rest[1..];
        WriteRaw(ref rest, (ulong)length);
    }

    private static void WriteBytes(ref Span<byte> rest, int field, ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty) return;
        WriteHeader(ref rest, field, value.Length);
        value.CopyTo(rest);
        rest = rest[value.Length..];
    }

    private static void WriteRaw(ref Span<byte> rest, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            rest[at++] = (byte)(value | 0x80);
        }

        rest[at++] = (byte)value;
        rest = rest[at..];
    }
}
