using Grpc.Core;
using Grpc.Net.Client;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>A channel to a node that outlives its replacement by the calls that still use it.</summary>
internal sealed class NodeConnection : IDisposable
{
    private readonly GrpcChannel _channel;
    private int _users = 1; // the link it belongs to, and each call

    public NodeConnection(Uri url, NodeDialer dialer)
    {
        _channel = GrpcChannel.ForAddress(url, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                UseProxy = false,
                ConnectCallback = (context, cancellationToken) => dialer.ConnectAsync(context.DnsEndPoint, cancellationToken),
                EnableMultipleHttp2Connections = true,

                // Health checks bring an answer every second, so a ping is sent only where somebody has fallen silent.
                KeepAlivePingDelay = TimeSpan.FromSeconds(2),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
                KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,

                // Fronts that were added are found, and none keeps all gateways for ever after the others restarted.
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                InitialHttp2StreamWindowSize = 4 * 1024 * 1024,
                ActivityHeadersPropagator = null,
            },
            DisposeHttpClient = true,
            MaxReceiveMessageSize = RpcOptions.MaxMessageBytes,
            MaxSendMessageSize = RpcOptions.MaxMessageBytes,
            ThrowOperationCanceledOnCancellation = true,
        });
        Calls = _channel.CreateCallInvoker();
    }

    public CallInvoker Calls { get; }

    /// <summary>Keeps the channel for a call, which has to release it; <see langword="false"/> when it has ended.</summary>
    public bool TryUse()
    {
        for (var users = Volatile.Read(ref _users); users > 0;)
        {
            var before = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (before == users) return true;
            users = before;
        }

        return false;
    }

    /// <summary>A call, or the link, needs it no more; the last one ends it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _users) == 0) Dispose();
    }

    /// <summary>Ends it with the calls under way.</summary>
    public void Dispose() => _channel.Dispose();
}
