using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using XmtpOrleans.Gateway.Rpc.Listening;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Opens the ports of the RPC front.</summary>
public static class RpcEndpoints
{
    /// <summary>
    /// Listens for every protocol on one port: HTTP/1.1 and HTTP/2 by prior knowledge, or by ALPN when <paramref name="tls"/> is given.
    /// Sets the server's limits as <see cref="RpcOptions"/> say.
    /// </summary>
    public static void ListenRpc(this KestrelServerOptions kestrel, IPEndPoint endPoint, RpcTlsOptions? tls = null)
    {
        var server = kestrel.ApplicationServices.GetRequiredService<RpcServer>();
        SetLimits(kestrel, server.Options);
        kestrel.Listen(endPoint, listen =>
        {
            // Left at their default, HTTP/1.1 and 2: set explicitly, they make Kestrel warn that HTTP/2 needs TLS, which is not so here.
            listen.Use(next => connection => server.CountAsync(connection, next));
            if (tls is null) listen.Use(next => new CleartextProtocols(next, server).OnConnectionAsync);
            else UseTls(listen, new RpcCertificate(tls, server.Clock, server.Logger), server.Options.HeadersTimeout);
        });
    }

    /// <summary>Lets the kernel find peers that vanished: streams are quiet for long, and a lost phone says no goodbye.</summary>
    internal static void DetectDeadPeers(SocketTransportOptions transport) => transport.CreateBoundListenSocket = endPoint =>
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 45);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
        return socket;
    };

    private static void SetLimits(KestrelServerOptions kestrel, RpcOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowAlternateSchemes = true;
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.RequestHeadersTimeout = options.HeadersTimeout;
        kestrel.Limits.KeepAliveTimeout = options.IdleConnectionTimeout;
        kestrel.Limits.Http2.MaxStreamsPerConnection = options.MaxCallsPerConnection;

        // Messages are limited one by one, streams have no length, and a rate of requests would end quiet streams.
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MaxResponseBufferSize = RpcStreamWriter.ResponseBuffer;

        // For connections that take nothing at all; a stream that its window holds up is not meant by this.
        kestrel.Limits.MinResponseDataRate = new MinDataRate(bytesPerSecond: 240, options.StalledStreamTimeout);
    }

    private static void UseTls(ListenOptions listen, RpcCertificate certificate, TimeSpan handshakeTimeout) =>
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = handshakeTimeout,
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificateContext = certificate.Current }),
        });
}
