using Xmtp.Identity.Associations;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>The unary reads of a node. Answers are assembled from stored bytes, never decoded.</summary>
internal sealed class QueryApi(INodeReader reader, NodeApiOptions options)
{
    private const int MaxLimit = 1_000;
    private const int MaxInboxIdRequests = 1_000;
    private const int EnvelopesField = 1;

    public async Task<ReadyMessage> QueryEnvelopesAsync(RpcRequest<QueryEnvelopesRequest> request, RpcContext context)
    {
        if (request.Message.Query is not { } query) return ReadyMessage.Empty;
        if (ReadRules.Refuse(query, out var after) is { } refusal) throw RpcErrors.InvalidArgument($"invalid query: {refusal}");

        if (query.OriginatorNodeIds.Count > 0)
        {
            var originators = ReadRules.Originators(query.OriginatorNodeIds);
            var limit = LimitOf(request.Message.Limit, unlimited: false);
            return Answer(await reader.QueryOriginatorsAsync(originators, after, limit, context.CancellationToken));
        }

        var topics = ReadRules.Topics(query.Topics);
        if (topics.Count == 0) return ReadyMessage.Empty;

        // Clients ask once for many inboxes and never for the next page, so that page has to hold all it can (06 §8.2).
        var isIdentityQuery = topics.TrueForAll(topic => topic.Kind == TopicKind.IdentityUpdates);
        var page = await reader.QueryTopicsAsync(topics, after, LimitOf(request.Message.Limit, isIdentityQuery), context.CancellationToken);
        return Answer(page);
    }

    public async Task<ReadyMessage> GetNewestEnvelopeAsync(RpcRequest<GetNewestEnvelopeRequest> request, RpcContext context)
    {
        var sources = request.Message.Topics;
        if (sources.Count > ReadRules.MaxFilters)
        {
            throw RpcErrors.InvalidArgument($"too many topics: {sources.Count}, at most {ReadRules.MaxFilters}");
        }

        for (var index = 0; index < sources.Count; index++)
        {
            if (sources[index].Length > Topic.MaxLength)
            {
                throw RpcErrors.InvalidArgument($"invalid topic: topics[{index}] has {sources[index].Length} bytes, at most {Topic.MaxLength}");
            }
        }

        var topics = ReadRules.Topics(sources);
        var found = topics.Count == 0 ? [] : await reader.NewestAsync(topics, context.CancellationToken);
        if (sources.Count == 1) return NewestAnswer.Encode(found.Count == 0 ? [null] : found);

        // A slot for every position, also where a topic repeats or cannot exist: callers pair answers by position.
        var newest = new Dictionary<Topic, LogEntry?>(TopicComparer.Instance);
        for (var index = 0; index < topics.Count; index++)
        {
            newest[topics[index]] = found[index];
        }

        var byBytes = newest.GetAlternateLookup<ReadOnlySpan<byte>>();
        return NewestAnswer.Encode([.. sources.Select(source => byBytes.TryGetValue(source.Span, out var entry) ? entry : null)]);
    }

    public async Task<GetInboxIdsResponse> GetInboxIdsAsync(RpcRequest<GetInboxIdsRequest> request, RpcContext context)
    {
        var requests = request.Message.Requests;
        var response = new GetInboxIdsResponse();
        if (requests.Count > MaxInboxIdRequests) throw RpcErrors.InvalidArgument("too many requests");
        if (requests.Count == 0) return response;

        // Only Ethereum addresses are ever recorded; another kind of identifier finds nothing, whatever its text.
        var addresses = new string[requests.Count];
        for (var index = 0; index < addresses.Length; index++)
        {
            var isAddress = requests[index].IdentifierKind is IdentifierKind.Unspecified or IdentifierKind.Ethereum;
            addresses[index] = isAddress ? requests[index].Identifier.ToLowerInvariant() : string.Empty;
        }

        var inboxes = await reader.InboxIdsAsync(addresses, context.CancellationToken);
        for (var index = 0; index < addresses.Length; index++)
        {
            var answer = new GetInboxIdsResponse.Types.Response
            {
                Identifier = requests[index].Identifier,
                IdentifierKind = requests[index].IdentifierKind,
            };
            if (inboxes[index] is { } inbox) answer.InboxId = inbox.ToString();
            response.Responses.Add(answer);
        }

        return response;
    }

    private PageLimit LimitOf(uint asked, bool unlimited) => asked switch
    {
        0 when unlimited => new PageLimit(int.MaxValue, options.MaxPageBytes),
        0 or > MaxLimit => new PageLimit(MaxLimit, options.MaxPageBytes),
        _ => new PageLimit((int)asked, options.MaxPageBytes),
    };

    private static ReadyMessage Answer(EntryPage page)
    {
        var entries = page.Entries;
        if (entries.Count == 0) return ReadyMessage.Empty;
        var values = new ReadOnlyMemory<byte>[entries.Count];
        for (var index = 0; index < values.Length; index++)
        {
            values[index] = entries[index].Bytes;
        }

        return ReadyMessage.RepeatedField(EnvelopesField, values);
    }
}
