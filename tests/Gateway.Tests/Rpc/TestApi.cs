using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>Every shape of method under names of the network, with behaviour that a test or a foreign client asks for by text.</summary>
internal sealed class TestApi : IRpcService
{
    public const string Unary = "/xmtp.xmtpv4.message_api.QueryApi/GetInboxIds";
    public const string Ready = "/xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes";
    public const string Raw = "/xmtp.xmtpv4.message_api.PublishApi/PublishPayerEnvelopes";
    public const string ServerStream = "/xmtp.xmtpv4.message_api.QueryApi/SubscribeTopics";
    public const string Duplex = "/xmtp.xmtpv4.message_api.QueryApi/Subscribe";
    public const string Cursor = "/xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor";
    public const string AllEnvelopes = "/xmtp.xmtpv4.message_api.NotificationApi/SubscribeAllEnvelopes";
    public const string AllEnvelopesAlias = "/xmtp.xmtpv4.message_api.ReplicationApi/SubscribeAllEnvelopes";

    /// <summary>Answers each identifier with itself as inbox id; the words below do something else.</summary>
    public UnaryHandler<GetInboxIdsRequest, GetInboxIdsResponse> OnUnary { get; set; } = EchoAsync;

    /// <summary>Sends one envelope per filter, then ends; with the topic <c>idle</c> it stays open.</summary>
    public ServerStreamHandler<SubscribeTopicsRequest> OnServerStream { get; set; } = CountAsync;

    /// <summary>Answers each Ping with a Pong.</summary>
    public DuplexHandler<SubscribeRequest> OnDuplex { get; set; } = PongAsync;

    public UnaryHandler<ReadOnlyMemory<byte>, ReadyMessage> OnRaw { get; set; } =
        (request, _) => Task.FromResult(ReadyMessage.FromBytes(request.Bytes));

    public void Bind(RpcBinder binder)
    {
        binder.Service(QueryApiReflection.Descriptor, "QueryApi")
            .Unary<GetInboxIdsRequest, GetInboxIdsResponse>("GetInboxIds", (request, context) => OnUnary(request, context))
            .Unary<QueryEnvelopesRequest, ReadyMessage>("QueryEnvelopes", QueryAsync)
            .ServerStream<SubscribeTopicsRequest>("SubscribeTopics", (request, responses, context) =>
                OnServerStream(request, responses, context))
            .Duplex<SubscribeRequest>("Subscribe", (requests, responses, context) => OnDuplex(requests, responses, context));
        binder.Service(PublishApiReflection.Descriptor, "PublishApi")
            .Unary<ReadOnlyMemory<byte>, ReadyMessage>(
                "PublishPayerEnvelopes", bytes => bytes, (request, context) => OnRaw(request, context));
        binder.Service(MetadataApiReflection.Descriptor, "MetadataApi")
            .Unary<GetSyncCursorRequest, GetSyncCursorResponse>("GetSyncCursor", CursorAsync)
            .Unary<GetVersionRequest, GetVersionResponse>(
                "GetVersion", (_, _) => Task.FromResult(new GetVersionResponse { Version = "1.2.3" }));
        binder.Service(NotificationApiReflection.Descriptor, "NotificationApi")
            .ServerStream<SubscribeAllEnvelopesRequest>("SubscribeAllEnvelopes", (_, responses, _) =>
                responses.WriteAsync(ReadyMessage.Empty).AsTask());
        binder.Alias("xmtp.xmtpv4.message_api.ReplicationApi", "SubscribeAllEnvelopes", of: AllEnvelopes);
    }

    public static GetInboxIdsRequest Ask(params string[] identifiers)
    {
        var request = new GetInboxIdsRequest();
        request.Requests.AddRange(identifiers.Select(identifier => new GetInboxIdsRequest.Types.Request { Identifier = identifier }));
        return request;
    }

    public static SubscribeTopicsRequest Filters(params string[] topics)
    {
        var request = new SubscribeTopicsRequest();
        request.Filters.AddRange(
            topics.Select(topic => new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFromUtf8(topic) }));
        return request;
    }

    private static async Task<GetInboxIdsResponse> EchoAsync(RpcRequest<GetInboxIdsRequest> request, RpcContext context)
    {
        var response = new GetInboxIdsResponse();
        foreach (var identifier in request.Message.Requests.Select(asked => asked.Identifier))
        {
            switch (identifier)
            {
                case "invalid":
                    throw RpcErrors.InvalidArgument("requests[0].identifier: is »invalid«");
                case "violations":
                    throw RpcErrors.InvalidArgument("bad request", ("requests[0].identifier", "is no address"));
                case "busy":
                    throw RpcErrors.Unavailable("come back later", TimeSpan.FromMilliseconds(1500));
                case "broken":
                    throw new InvalidOperationException("password=hunter2");
                case "store":
                    throw new StoreException("/secret/node.db: the disk is full", innerException: null, isTransient: true);
                case "hang":
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                    break;
                default:
                    response.Responses.Add(new GetInboxIdsResponse.Types.Response { Identifier = identifier, InboxId = identifier });
                    break;
            }
        }

        return response;
    }

    private static Task<ReadyMessage> QueryAsync(RpcRequest<QueryEnvelopesRequest> request, RpcContext context) => Task.FromResult(
        ReadyMessage.RepeatedField(1,
            [.. (request.Message.Query?.Topics ?? []).Select(topic => (ReadOnlyMemory<byte>)EnvelopeOf(topic).ToByteArray())]));

    private static async Task CountAsync(RpcRequest<SubscribeTopicsRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        await responses.WriteAsync(new SubscribeTopicsResponse
        {
            StatusUpdate = new() { Status = SubscribeTopicsResponse.Types.SubscriptionStatus.Started },
        });
        foreach (var topic in request.Message.Filters.Select(filter => filter.Topic))
        {
            switch (topic.ToStringUtf8())
            {
                case "idle":
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
                    break;
                case "busy":
                    throw RpcErrors.Unavailable("come back later", TimeSpan.FromMilliseconds(1500));
                default:
                    var envelope = EnvelopeOf(topic).ToByteArray();
                    responses.Buffer(ReadyMessage.RepeatedField(1, [envelope]).AsField(1).Framed());
                    break;
            }
        }

        await responses.FlushAsync();
    }

    private static async Task PongAsync(IRpcStreamReader<SubscribeRequest> requests, RpcStreamWriter responses, RpcContext context)
    {
        await responses.FlushAsync();
        while (await requests.ReadAsync(context.CancellationToken) is { } request)
        {
            await responses.WriteAsync(new SubscribeResponse { V1 = new() { Pong = new() { Nonce = request.Message.V1.Ping.Nonce } } });
        }
    }

    private static Task<GetSyncCursorResponse> CursorAsync(RpcRequest<GetSyncCursorRequest> request, RpcContext context)
    {
        var cursor = new Cursor();
        cursor.NodeIdToSequenceId[100] = ulong.MaxValue;
        return Task.FromResult(new GetSyncCursorResponse { LatestSync = cursor });
    }

    private static OriginatorEnvelope EnvelopeOf(ByteString topic) => new() { UnsignedOriginatorEnvelope = topic };
}
