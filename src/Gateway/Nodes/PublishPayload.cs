using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>A publish request, sliced: the payer envelopes as the very bytes that arrived.</summary>
internal sealed class PublishPayload(IReadOnlyList<ReadOnlyMemory<byte>> envelopes)
{
    private const int EnvelopesField = 1;

    public IReadOnlyList<ReadOnlyMemory<byte>> Envelopes { get; } = envelopes;

    /// <summary>Reads <c>PublishPayerEnvelopesRequest</c> without decoding the envelopes.</summary>
    /// <exception cref="RpcRefusalException">The bytes are not such a request.</exception>
    public static PublishPayload Parse(ReadOnlyMemory<byte> bytes)
    {
        var envelopes = new List<ReadOnlyMemory<byte>>();
        var reader = new WireReader(bytes.Span);
        bool malformed;
        while (reader.Next(out malformed))
        {
            if (reader.Field == EnvelopesField && reader.WireType == 2) envelopes.Add(bytes.Slice(reader.Start, reader.Length));
        }

        return malformed ? throw RpcErrors.Unparsable("not a publish request") : new PublishPayload(envelopes);
    }
}
