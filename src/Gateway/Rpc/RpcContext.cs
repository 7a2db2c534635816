using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>One call, as its handler and the steps before it see it. Not to be used after the handler has returned.</summary>
internal sealed class RpcContext : IDisposable
{
    private readonly RpcServer _server;
    private readonly CancellationTokenSource? _lifetime;
    private readonly CancellationTokenRegistration _clientGone;
    private readonly TimeSpan? _timeout;
    private readonly long _started;
    private volatile bool _drained;
    private GuardedBody? _body;

    internal RpcContext(HttpContext http, RpcMethod method, RpcProtocol protocol, TimeSpan? timeout, RpcServer server)
    {
        Http = http;
        Method = method;
        Protocol = protocol;
        _server = server;
        ClientAddress = server.Proxies.ClientOf(http);
        if (timeout is null && !method.IsStream) return;

        (_timeout, _started) = (timeout, server.Clock.GetTimestamp());
        Deadline = timeout is { } limit ? server.Clock.GetUtcNow() + limit : null;
        _lifetime = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan, server.Clock);
        _clientGone = http.RequestAborted.UnsafeRegister(static lifetime => ((CancellationTokenSource)lifetime!).Cancel(), _lifetime);
    }

    public RpcMethod Method { get; }

    public RpcProtocol Protocol { get; }

    /// <summary>Address of the other end of the connection; a proxy's, behind one.</summary>
    public IPAddress? PeerAddress => Http.Connection.RemoteIpAddress;

    /// <summary>
    /// Address of the caller: the peer's, or what trusted proxies say in <c>x-forwarded-for</c>; null when they say nonsense.
    /// </summary>
    public IPAddress? ClientAddress { get; }

    /// <summary>Who calls, once an authoriser has verified it.</summary>
    public RpcIdentity? Identity { get; set; }

    /// <summary>When the client stops waiting; null when it never does.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>How long the client still waits; <see cref="Timeout.InfiniteTimeSpan"/> when there is no limit.</summary>
    public TimeSpan TimeLeft => _timeout switch
    {
        { } timeout when timeout - _server.Clock.GetElapsedTime(_started) is { Ticks: > 0 } left => left,
        null => Timeout.InfiniteTimeSpan,
        _ => TimeSpan.Zero,
    };

    /// <summary>Fires when the client left, the deadline passed, or (for streams) the server drains.</summary>
    public CancellationToken CancellationToken => _lifetime?.Token ?? Http.RequestAborted;

    /// <summary><c>x-app-version</c>: what the app calls itself, as sent; null when absent.</summary>
    public string? AppVersion => Header("x-app-version");

    /// <summary><c>x-libxmtp-version</c>: version of the client library; null when absent.</summary>
    public string? LibxmtpVersion => Header("x-libxmtp-version");

    internal HttpContext Http { get; }

    /// <summary>What lies under the base64 of a text request; null for all others.</summary>
    internal AbandonableBody? RawBody { get; private set; }

    /// <summary>Why <see cref="CancellationToken"/> fired.</summary>
    internal RpcEnd End => this switch
    {
        _ when Http.RequestAborted.IsCancellationRequested => RpcEnd.ClientGone,
        { _drained: true } => RpcEnd.Drained,
        _ when _lifetime is { IsCancellationRequested: true } => RpcEnd.DeadlineExceeded,
        _ => RpcEnd.None,
    };

    /// <summary>A text header of the request by its lower-case name; null when absent.</summary>
    public string? Header(string name) => Http.Request.Headers.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>Adds a header to the answer. Has no effect once a stream has sent its first message.</summary>
    public void SetResponseHeader(string name, string value)
    {
        if (!Http.Response.HasStarted) Http.Response.Headers[name] = new StringValues(value);
    }

    internal static RpcContext Of(ServerCallContext call) => call.GetHttpContext().Features.GetRequiredFeature<RpcContext>();

    /// <summary>Makes the raw body of a text request one that can be abandoned.</summary>
    internal AbandonableBody Abandonable() => RawBody = new AbandonableBody(Http.Request.BodyReader);

    /// <summary>Puts the request body under guard until the call ends.</summary>
    internal GuardedBody Guard(RequestBodies bodies, bool framed) => _body = new GuardedBody(Http.Request.BodyReader, bodies, this, framed);

    internal RpcStreamWriter NewWriter(IRpcStreamEncoding encoding) => new(this, encoding, _server);

    /// <summary>The status for an exception of the handler. A fault of ours is logged here, as the client will not hear of it.</summary>
    internal RpcException ToStatus(Exception exception)
    {
        var end = End;
        if (RpcErrors.IsUnexpected(exception, end)) RpcServer.Log.HandlerFailed(_server.Logger, Method.Path, exception);

        var status = RpcErrors.ToStatus(exception, end);
        if (status is RpcRefusalException { RetryAfter: { } retryAfter } && !Http.Response.HasStarted)
        {
            Http.Response.Headers.RetryAfter = retryAfter;
        }

        return status;
    }

    /// <summary>A stream that returned because its token fired has not ended well.</summary>
    internal void ThrowIfEnded()
    {
        if (End is not RpcEnd.None and var end) throw RpcErrors.ToStatus(end);
    }

    /// <summary>Ends a stream because the server stops. May come at any time, from another thread.</summary>
    internal void Drain()
    {
        _drained = true;
        try
        {
            _lifetime?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The call ended by itself in the meantime.
        }
    }

    public void Dispose()
    {
        _body?.Release();
        _clientGone.Dispose();
        _lifetime?.Dispose();
    }
}
