using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Judges a whole request before anything of it is published.</summary>
internal sealed class PublishPlanner(Admission admission, IOptions<PayerOptions> options, TimeProvider clock)
{
    // Clients take 16 KiB of headers and trailers, and a status travels in them.
    private const int MaxReported = 8;

    /// <summary>Says where each envelope goes.</summary>
    /// <exception cref="RpcRefusalException">The request is empty or too long, or an envelope of it breaks a rule; the text names each.</exception>
    public IReadOnlyList<PlannedEnvelope> Plan(IReadOnlyList<ReadOnlyMemory<byte>> sources)
    {
        if (sources.Count == 0) throw RpcErrors.InvalidArgument("no envelopes");
        if (sources.Count > options.Value.MaxEnvelopes)
        {
            throw RpcErrors.InvalidArgument($"too many envelopes: {sources.Count}, at most {options.Value.MaxEnvelopes} in a request");
        }

        var planned = new List<PlannedEnvelope>(sources.Count);
        var refusals = new List<(string Field, string Description)>();
        for (var index = 0; index < sources.Count && refusals.Count < MaxReported; index++)
        {
            if (Refuse(sources[index], index, planned) is { } refusal) refusals.Add(($"envelopes[{index}]", refusal));
        }

        if (refusals.Count == 0) return planned;
        throw RpcErrors.InvalidArgument(string.Join('\n', refusals.Select(refusal => refusal.Description)), [.. refusals]);
    }

    private string? Refuse(ReadOnlyMemory<byte> source, int index, List<PlannedEnvelope> planned)
    {
        if (!ParsedClientEnvelope.TryParse(source, out var client, out var fault))
        {
            return $"could not unmarshal client envelope. index {index}: invalid payload: {fault}";
        }

        var verdict = admission.Judge(client, clock.GetUtcNow());
        if (!verdict.IsAdmitted) return verdict.Describe(index);

        if (verdict.Route == PublishRoute.Chain && RefuseForChain(client, index) is { } refusal) return refusal;

        planned.Add(new PlannedEnvelope(index, client, verdict.Route, EnvelopeKey.Of(source.Span)));
        return null;
    }

    private string? RefuseForChain(ParsedClientEnvelope client, int index)
    {
        var limit = options.Value.MaxChainPayloadBytes;
        if (limit > 0 && client.Bytes.Length > limit)
        {
            return $"message at index {index} too large: {client.Bytes.Length} bytes, at most {limit} for the chain";
        }

        // Contracts have fixed types here, whatever admission is set to.
        var length = client.Topic.Kind == TopicKind.IdentityUpdates ? InboxId.Size : GroupMessage.GroupIdLength;
        return client.Topic.Identifier.Length == length
            ? null
            : $"invalid topic: the identifier at index {index} must have {length} bytes for the chain, not {client.Topic.Identifier.Length}";
    }
}
