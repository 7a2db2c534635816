using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>The way to one node as registered, whatever fronts stand behind its address, and what is known of its health. A changed registration is
/// another link.</summary>
/// <remarks>Calls throw <see cref="RpcException"/>, or <see cref="OperationCanceledException"/> when their token fires. A call whose connection is lost is
/// repeated on another one: reads change nothing, and a node knows a publish again by its bytes.</remarks>
internal sealed class NodeLink : IDisposable
{
    private const int MaxConnectionsOfCall = 3;
    private const long Never = 0;

    private readonly NodeDialer _dialer;
    private readonly TimeProvider _clock;
    private volatile NodeConnection _connection; // written by the health checks
    private long _healthyAt = Never; // clock timestamp of the last health check that was answered; written by those
    private long _awaySince = Never; // clock timestamp of the first failure after that check; written by the checks, and by any call that reached nobody
    private volatile bool _disposed;
    private volatile Method<ReadyMessage, EnvelopeList> _publish = NodeMethods.PublishApi;

    public NodeLink(RegisteredNode node, INodeResolver resolver, TimeProvider clock)
    {
        Node = node;
        _clock = clock;
        _dialer = new NodeDialer(resolver, clock, Random.Shared);
        _connection = new NodeConnection(node.Url, _dialer);
    }

    public RegisteredNode Node { get; }

    public OriginatorId Id => Node.Id;

    /// <summary>Whether something went wrong since the node was last seen healthy.</summary>
    public bool HasFailed => Interlocked.Read(ref _awaySince) is not Never;

    /// <summary>Whether the node was seen healthy within that time, and nothing went wrong since.</summary>
    public bool IsHealthy(TimeSpan within) =>
        !HasFailed && Interlocked.Read(ref _healthyAt) is not Never and var at && _clock.GetElapsedTime(at) <= within;

    /// <summary>Whether the node was healthy once, and has been away for no longer than that time.</summary>
    public bool WasThere(TimeSpan within) => Interlocked.Read(ref _healthyAt) is not Never
        && (Interlocked.Read(ref _awaySince) is var since && (since == Never || _clock.GetElapsedTime(since) <= within));

    /// <summary>The node answered a health check.</summary>
    public void MarkHealthy()
    {
        Interlocked.Exchange(ref _healthyAt, Now());
        Interlocked.Exchange(ref _awaySince, Never);
    }

    /// <summary>The node failed a health check, or could not be reached; it is unhealthy until the next check it answers.</summary>
    public void MarkFailed() => Interlocked.CompareExchange(ref _awaySince, Now(), Never);

    /// <summary>Whether a call failed because nobody could be reached, rather than by an answer.</summary>
    public static bool IsUnreached(RpcException failure) =>
        failure.StatusCode != StatusCode.Cancelled && failure.Status.DebugException is HttpRequestException or IOException;

    /// <summary>Asks the node whether it serves; returns when it does.</summary>
    public async Task CheckHealthAsync(CancellationToken cancellationToken)
    {
        var answer = await CallAsync(NodeMethods.Health, new HealthCheckRequest(), cancellationToken);
        if (answer.Status != HealthCheckResponse.Types.ServingStatus.Serving)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, $"health status {answer.Status}"));
        }
    }

    /// <summary>Opens a connection to the node and closes it: no more than that.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">Nobody answers.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken) =>
        await (await _dialer.ConnectAsync(new DnsEndPoint(Node.Url.IdnHost, Node.Url.Port), cancellationToken)).DisposeAsync();

    /// <summary>Lets later calls take a new connection, which may lead to another front; those under way keep theirs. Only one caller at a time.</summary>
    public void Reconnect()
    {
        var before = _connection;
        _connection = new NodeConnection(Node.Url, _dialer);
        before.Release();
        if (_disposed) _connection.Dispose();
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
    public Task WaitForMarkAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken) => OnConnectionAsync(
        async calls =>
        {
            using var call = calls.AsyncServerStreamingCall(
                NodeMethods.FollowMarks, host: null, new CallOptions(cancellationToken: cancellationToken), new GetSyncCursorRequest());
            while (await call.ResponseStream.MoveNext(cancellationToken))
            {
                var marks = call.ResponseStream.Current.LatestSync?.NodeIdToSequenceId;
                if (marks is not null && marks.TryGetValue(originator.Value, out var mark) && mark >= sequence.Value) return mark;
            }

            throw new RpcException(new Status(StatusCode.Unavailable, "the node ended the stream of its marks"));
        });

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

    public void Dispose()
    {
        _disposed = true;
        _connection.Dispose();
    }

    // Only a connection that was lost makes a difference: where none could be made, all addresses were tried.
    private static bool IsConnectionLost(RpcException failure) => IsUnreached(failure) && failure.Status.DebugException
        is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError };

    private Task<TResponse> CallAsync<TRequest, TResponse>(
        Method<TRequest, TResponse> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : class
        where TResponse : class => OnConnectionAsync(async calls =>
        {
            using var call = calls.AsyncUnaryCall(method, host: null, new CallOptions(cancellationToken: cancellationToken), request);
            return await call.ResponseAsync;
        });

    private async Task<T> OnConnectionAsync<T>(Func<CallInvoker, Task<T>> callAsync)
    {
        for (var connections = 1; ; connections++)
        {
            var connection = Use();
            try
            {
                return await callAsync(connection.Calls);
            }
            catch (RpcException failure) when (connections < MaxConnectionsOfCall && IsConnectionLost(failure))
            {
                // The front has gone; the next connection leads to another one, or to its successor.
            }
            finally
            {
                connection.Release();
            }
        }
    }

    private long Now() => Math.Max(_clock.GetTimestamp(), Never + 1);

    private NodeConnection Use()
    {
        while (true)
        {
            var connection = _connection;
            if (connection.TryUse()) return connection; // else it was replaced meanwhile
        }
    }
}
