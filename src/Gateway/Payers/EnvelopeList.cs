using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>A message whose one field, number 1, repeats envelopes: requests and answers of publishing and of queries. Each envelope is kept
/// as the bytes that arrived.</summary>
internal sealed class EnvelopeList(IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
{
    private const int EnvelopesField = 1;

    public IReadOnlyList<ReadOnlyMemory<byte>> Envelopes { get; } = envelopes;

    /// <summary>Reads a request.</summary>
    /// <exception cref="RpcRefusalException">The bytes are no such message.</exception>
    public static EnvelopeList Parse(ReadOnlyMemory<byte> bytes) =>
        TryParse(bytes, out var list) ? list : throw RpcErrors.Unparsable("not a list of envelopes");

    /// <summary>Reads the answer of a node.</summary>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out EnvelopeList? list)
    {
        var envelopes = new List<ReadOnlyMemory<byte>>();
        var reader = new WireReader(bytes.Span);
        bool malformed;
        while (reader.Next(out malformed))
        {
            if (reader.Field != EnvelopesField) continue;
            malformed = reader.WireType != 2;
            if (malformed) break;
            envelopes.Add(bytes.Slice(reader.Start, reader.Length));
        }

        list = malformed ? null : new EnvelopeList(envelopes);
        return list is not null;
    }

    /// <summary>The message of these envelopes.</summary>
    public static ReadyMessage Write(IReadOnlyList<ReadOnlyMemory<byte>> envelopes) => ReadyMessage.RepeatedField(EnvelopesField, envelopes);
}
