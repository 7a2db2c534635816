using Google.Protobuf.Collections;
using Microsoft.Extensions.Logging;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>The server streams of a node. Each sends a frame at once, then history, then what is committed, and a keep-alive frame when silent.</summary>
/// <remarks>A stream is registered before its first frame leaves: what is published once a client has that frame, the stream gets.</remarks>
internal sealed partial class SubscribeApi(
    IFeed feed, INodeReader reader, NodeApiOptions options, TimeProvider clock, ILogger<SubscribeApi> logger)
{
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(1);

    private static readonly ReadyMessage Started = Status(SubscribeTopicsResponse.Types.SubscriptionStatus.Started);
    private static readonly ReadyMessage CatchupComplete = Status(SubscribeTopicsResponse.Types.SubscriptionStatus.CatchupComplete);
    private static readonly ReadyMessage Waiting = Status(SubscribeTopicsResponse.Types.SubscriptionStatus.Waiting);

    private readonly Func<FeedEntries, EnvelopeFrames.Flat> _flat = entries => new(entries, options.MaxFrameBytes);
    private readonly Func<FeedEntries, EnvelopeFrames.Nested> _nested = entries => new(entries, options.MaxFrameBytes);

    public async Task SubscribeEnvelopesAsync(RpcRequest<SubscribeEnvelopesRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        var query = request.Message.Query ?? new EnvelopesQuery();
        var refusal = ReadRules.Refuse(query, out var after)
            ?? (query.Topics.Count + query.OriginatorNodeIds.Count == 0 ? "query must contain either topics or originators" : null);
        if (refusal is not null) throw RpcErrors.InvalidArgument($"invalid subscription request: {refusal}");

        var live = query.LastSeen is null; // a cursor, even an empty one, asks for history
        if (query.OriginatorNodeIds.Count > 0)
        {
            await using var logs = feed.FollowOriginators(ReadRules.Originators(query.OriginatorNodeIds), live ? null : after);
            await responses.WriteAsync(ReadyMessage.Empty);
            await PumpAsync(logs, _flat, responses, ReadyMessage.Empty, caughtUp: null, context);
            return;
        }

        if (live) after = await reader.ReadMarksAsync(context.CancellationToken);
        await using var topics = feed.FollowTopics([.. ReadRules.Topics(query.Topics).Select(topic => new TopicPosition(topic, after))]);
        await responses.WriteAsync(ReadyMessage.Empty);
        await PumpAsync(topics, _flat, responses, ReadyMessage.Empty, caughtUp: null, context);
    }

    public async Task SubscribeOriginatorsAsync(
        RpcRequest<SubscribeOriginatorsRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        var filter = request.Message.Filter ?? throw RpcErrors.InvalidArgument("filter must not be nil");
        if (filter.OriginatorNodeIds.Count == 0)
        {
            throw RpcErrors.InvalidArgument("filter must contain at least one originator node id");
        }

        if (filter.LastSeen is null) throw RpcErrors.InvalidArgument("last_seen cursor is required");
        var query = new EnvelopesQuery { OriginatorNodeIds = { filter.OriginatorNodeIds }, LastSeen = filter.LastSeen };
        if (ReadRules.Refuse(query, out var after) is { } refusal)
        {
            throw RpcErrors.InvalidArgument($"invalid subscription request: {refusal}");
        }

        await using var stream = feed.FollowOriginators(ReadRules.Originators(filter.OriginatorNodeIds), after);
        await responses.WriteAsync(ReadyMessage.Empty);
        await PumpAsync(stream, _nested, responses, ReadyMessage.Empty, caughtUp: null, context);
    }

    public async Task SubscribeTopicsAsync(RpcRequest<SubscribeTopicsRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        var positions = PositionsOf(request.Message.Filters);
        await using var stream = feed.FollowTopics(positions);
        await responses.WriteAsync(Started);
        await PumpAsync(stream, _nested, responses, Waiting, CatchupComplete, context);
    }

    public async Task SubscribeAllAsync(RpcRequest<SubscribeAllEnvelopesRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        await using var stream = feed.FollowAll();
        await responses.WriteAsync(ReadyMessage.Empty);
        await PumpAsync(stream, _flat, responses, ReadyMessage.Empty, caughtUp: null, context);
    }

    private static List<TopicPosition> PositionsOf(RepeatedField<SubscribeTopicsRequest.Types.TopicFilter> filters)
    {
        if (filters.Count > ReadRules.MaxFilters)
        {
            throw RpcErrors.InvalidArgument($"too many filters: {filters.Count}, maximum is {ReadRules.MaxFilters}");
        }

        var positions = new List<TopicPosition>(filters.Count);
        var seen = new HashSet<Topic>(TopicComparer.Instance);
        for (var index = 0; index < filters.Count; index++)
        {
            var filter = filters[index];
            if (filter.Topic.Length is 0 or > Topic.MaxLength)
            {
                throw RpcErrors.InvalidArgument($"invalid topic length: {filter.Topic.Length} (filters[{index}])");
            }

            if (ReadRules.RefuseCursor(filter.LastSeen, out var after) is { } refusal)
            {
                throw RpcErrors.InvalidArgument($"{refusal} (filters[{index}].last_seen)");
            }

            // The first filter of a topic counts; a topic that cannot exist is legal and gets nothing.
            if (Topic.TryParse(filter.Topic.Span, out var topic) && seen.Add(topic)) positions.Add(new TopicPosition(topic, after));
        }

        return positions;
    }

    private async Task PumpAsync<TFrames>(
        IFeedStream stream,
        Func<FeedEntries, TFrames> encode,
        RpcStreamWriter responses,
        ReadyMessage keepAlive,
        ReadyMessage? caughtUp,
        RpcContext context)
        where TFrames : EnvelopeFrames
    {
        while (true)
        {
            // A stream waits most of its life, and would keep what it sent last.
            var batch = default(FeedStreamBatch);
            var frames = default(TFrames);
            try
            {
                batch = await stream.ReadAsync(options.KeepAliveInterval, context.CancellationToken);
            }
            catch (StoreException failure) when (failure.IsTransient)
            {
                // A stream that needs history waits for the store: a client whose stream ends is deaf for a minute.
                await Task.Delay(StorePause, clock, context.CancellationToken);
                batch = FeedStreamBatch.Of(FeedStreamKind.Idle);
            }

            switch (batch.Kind)
            {
                case FeedStreamKind.Entries:
                    frames = batch.Entries.Attached(encode);
                    await frames.WriteToAsync(responses);
                    if (frames.TooLarge > 0) Log.EnvelopesTooLarge(logger, frames.TooLarge);
                    break;
                case FeedStreamKind.CaughtUp when caughtUp is not null:
                    responses.Buffer(caughtUp);
                    break;
                case FeedStreamKind.CaughtUp:
                    continue;
                case FeedStreamKind.Idle:
                    responses.Buffer(keepAlive);
                    break;
                default:
                    throw RpcErrors.Unavailable("live feed is behind");
            }

            await responses.FlushAsync();
        }
    }

    private static ReadyMessage Status(SubscribeTopicsResponse.Types.SubscriptionStatus status) => ReadyMessage.Encode(
        new SubscribeTopicsResponse { StatusUpdate = new SubscribeTopicsResponse.Types.StatusUpdate { Status = status } });
}
