using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The connection to one node as registered, and what is known of its health. A changed registration is another link.</summary>
/// <remarks>Calls throw <see cref="RpcException"/>, or <see cref="OperationCanceledException"/> when their token fires.</remarks>
internal sealed class NodeLink : IDisposable
{
    private const long NeverHealthy = 0;

    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;
    private readonly TimeProvider _clock;
    private long _healthyAt = NeverHealthy; // clock timestamp; written by the health checks, and by any call that failed to reach the node
    private volatile Method<ReadyMessage, EnvelopeList> _publish = NodeMethods.PublishApi;

    public NodeLink(RegisteredNode node, TimeProvider clock)
    {
        Node = node;
        _clock = clock;
        _channel = GrpcChannel.ForAddress(node.Url, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                EnableMultipleHttp2Connections = true,
                KeepAlivePingDelay = TimeSpan.FromSeconds(30),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
                InitialHttp2StreamWindowSize = 4 * 1024 * 1024,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                ActivityHeadersPropagator = null,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = RpcOptions.MaxMessageBytes,
            MaxSendMessageSize = RpcOptions.MaxMessageBytes,
            ThrowOperationCanceledOnCancellation = true,

            // A node that restarts is to be seen again by the next health check or the one after.
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(200),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        });
        _calls = _channel.CreateCallInvoker();
    }

    public RegisteredNode Node { get; }

    public OriginatorId Id => Node.Id;

    /// <summary>Whether the node was seen healthy within that time, and nothing went wrong since.</summary>
    public bool IsHealthy(TimeSpan within) =>
        Interlocked.Read(ref _healthyAt) is not NeverHealthy and var at && _clock.GetElapsedTime(at) <= within;

    /// <summary>The node answered a health check.</summary>
    public void MarkHealthy() => Interlocked.Exchange(ref _healthyAt, Math.Max(_clock.GetTimestamp(), NeverHealthy + 1));

    /// <summary>The node failed a health check, or could not be reached; it is unhealthy until the next check it answers.</summary>
    public void MarkFailed() => Interlocked.Exchange(ref _healthyAt, NeverHealthy);

    /// <summary>Asks the node whether it serves; returns when it does.</summary>
    public async Task CheckHealthAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync(NodeMethods.Health, new HealthCheckRequest(), cancellationToken);
        if (answer.Status != HealthCheckResponse.Types.ServingStatus.Serving)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"health status {answer.Status}"));
        }
    }

    /// <summary>Publishes payer envelopes, and returns what the node answered, unverified.</summary>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> PublishAsync(
        IReadOnlyList<ReadOnlyMemory<byte>> payerEnvelopes, CancellationToken cancellationToken)
    {
        var request = EnvelopeList.Write(payerEnvelopes);
        var method = _publish;
        try
        {
            return (await CallAsync(method, request, cancellationToken)).Envelopes;
        }
        catch (RpcException refusal) when (refusal.StatusCode == StatusCode.Unimplemented && method == NodeMethods.PublishApi)
        {
            var answer = await CallAsync(NodeMethods.ReplicationApi, request, cancellationToken);
            _publish = NodeMethods.ReplicationApi;
            return answer.Envelopes;
        }
    }

    /// <summary>Waits until the node's mark of a log reaches a position. The wait ends by the token alone.</summary>
    public async Task WaitForMarkAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken)
    {
        using var call = _calls.AsyncServerStreamingCall(
            NodeMethods.FollowMarks, host: null, new CallOptions(cancellationToken: cancellationToken), new GetSyncCursorRequest());
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            var marks = call.ResponseStream.Current.LatestSync?.NodeIdToSequenceId;
            if (marks is not null && marks.TryGetValue(originator.Value, out var mark) && mark >= sequence.Value) return;
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "the node ended the stream of its marks"));
    }

    /// <summary>Envelopes of a log after a position.</summary>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> QueryLogAsync(
        OriginatorId originator, SequenceId after, uint limit, CancellationToken cancellationToken)
    {
        var query = new EnvelopesQuery { OriginatorNodeIds = { originator.Value }, LastSeen = Cursor.Of(originator, after).ToWire() };
        return (await CallAsync(NodeMethods.Query, new QueryEnvelopesRequest { Query = query, Limit = limit }, cancellationToken)).Envelopes;
    }

    /// <summary>A page of a topic after a position of its log, as large as the node makes it; empty at the end.</summary>
    public async Task<IReadOnlyList<ReadOnlyMemory<byte>>> QueryTopicAsync(
        Topic topic, Cursor after, CancellationToken cancellationToken)
    {
        var query = new EnvelopesQuery { Topics = { Google.Protobuf.ByteString.CopyFrom(topic.Bytes.Span) }, LastSeen = after.ToWire() };
        return (await CallAsync(NodeMethods.Query, new QueryEnvelopesRequest { Query = query }, cancellationToken)).Envelopes;
    }

    public void Dispose() => _channel.Dispose();

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class
    {
        using var call = _calls.AsyncUnaryCall(method, host: null, new CallOptions(cancellationToken: cancellationToken), request);
        return await call.ResponseAsync;
    }
}
