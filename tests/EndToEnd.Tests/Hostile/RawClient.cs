using Grpc.Core;
using Grpc.Net.Client;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>Sends any bytes as the request of any method, and tells what came back.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly Marshaller<byte[]> Raw = new(static bytes => bytes, static bytes => bytes);

    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;

    public RawClient(Uri address)
    {
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = true },
            MaxReceiveMessageSize = 25 * 1024 * 1024,
            MaxSendMessageSize = null,
        });
        _calls = _channel.CreateCallInvoker();
    }

    /// <summary>The status of a unary call.</summary>
    public async Task<Status> StatusAsync(string path, byte[] request, TimeSpan? limit = null)
    {
        try
        {
            using var call = _calls.AsyncUnaryCall(MethodOf(path, MethodType.Unary), host: null, Within(limit), request);
            await call;
            return Status.DefaultSuccess;
        }
        catch (RpcException failure)
        {
            return failure.Status;
        }
    }

    /// <summary>The answer of a unary call that has to succeed.</summary>
    public async Task<byte[]> CallAsync(string path, byte[] request)
    {
        using var call = _calls.AsyncUnaryCall(MethodOf(path, MethodType.Unary), host: null, Within(null), request);
        return await call;
    }

    /// <summary>Reads a stream until it has so many frames, its time is over, or it ended by itself; <see cref="StatusCode.OK"/> in the first two cases.</summary>
    public async Task<(int Frames, Status Status)> StreamAsync(string path, byte[] request, int frames, TimeSpan limit)
    {
        using var end = new CancellationTokenSource(limit);
        var count = 0;
        try
        {
            using var call = Open(path, request, CancellationToken.None);
            while (count < frames && await call.ResponseStream.MoveNext(end.Token)) count++;
            return (count, Status.DefaultSuccess);
        }
        catch (RpcException failure) when (end.IsCancellationRequested && failure.Status is { StatusCode: StatusCode.Cancelled } or { DebugException: IOException { InnerException: null } })
        {
            // The second is how the HTTP client tells of its own end of a stream it is just reading.
            return (count, Status.DefaultSuccess);
        }
        catch (RpcException failure)
        {
            return (count, failure.Status);
        }
    }

    /// <summary>Opens a stream that nobody reads.</summary>
    public AsyncServerStreamingCall<byte[]> Open(string path, byte[] request, CancellationToken cancellationToken) => _calls.AsyncServerStreamingCall(
        MethodOf(path, MethodType.ServerStreaming), host: null, new CallOptions(cancellationToken: cancellationToken), request);

    /// <summary>Opens a call in which both sides stream.</summary>
    public AsyncDuplexStreamingCall<byte[], byte[]> OpenDuplex(string path) =>
        _calls.AsyncDuplexStreamingCall(MethodOf(path, MethodType.DuplexStreaming), host: null, new CallOptions());

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static CallOptions Within(TimeSpan? limit) => new(deadline: DateTime.UtcNow + (limit ?? TimeSpan.FromSeconds(60)));

    private static Method<byte[], byte[]> MethodOf(string path, MethodType type)
    {
        var parts = path.Split('/');
        return new Method<byte[], byte[]>(type, parts[0], parts[1], Raw, Raw);
    }
}
