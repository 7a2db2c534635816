using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace XmtpOrleans.Gateway.Rpc.Listening;

/// <summary>
/// Tells HTTP/2 from HTTP/1.1 on a port without TLS by the first bytes, as every node has one URL for native clients and browsers alike.
/// </summary>
internal sealed class CleartextProtocols(ConnectionDelegate next, RpcServer server)
{
    public async Task OnConnectionAsync(ConnectionContext connection)
    {
        bool? isHttp2;
        try
        {
            // Kestrel's own limits begin with the first byte of a request.
            using var silence = new CancellationTokenSource(server.Options.HeadersTimeout, server.Clock);
            isHttp2 = await SniffAsync(connection, silence.Token);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            connection.Abort();
            return;
        }

        if (isHttp2 is null) return;
        if (isHttp2.Value)
        {
            // Kestrel takes prior knowledge only where it believes that TLS has negotiated it.
            connection.Features.Set<ITlsConnectionFeature>(NegotiatedHttp2.Instance);
            connection.Features.Set<ITlsApplicationProtocolFeature>(NegotiatedHttp2.Instance);
        }

        await next(connection);
    }

    /// <summary>Null when the client left without saying anything.</summary>
    private static async ValueTask<bool?> SniffAsync(ConnectionContext connection, CancellationToken silence)
    {
        var input = connection.Transport.Input;
        while (true)
        {
            var read = await input.ReadAsync(silence);
            var decision = Decide(read.Buffer);
            input.AdvanceTo(read.Buffer.Start, decision is null ? read.Buffer.End : read.Buffer.Start);
            if (decision is not null) return decision;
            if (read.IsCompleted) return read.Buffer.IsEmpty ? null : false;
        }
    }

    private static bool? Decide(in ReadOnlySequence<byte> buffer)
    {
        var preface = "PRI * HTTP/2.0"u8;
        Span<byte> start = stackalloc byte[preface.Length];
        var length = (int)Math.Min(buffer.Length, preface.Length);
        buffer.Slice(0, length).CopyTo(start);
        return !start[..length].SequenceEqual(preface[..length]) ? false : length == preface.Length ? true : null;
    }

    private sealed class NegotiatedHttp2 : ITlsConnectionFeature, ITlsApplicationProtocolFeature
    {
        public static readonly NegotiatedHttp2 Instance = new();

        private static readonly byte[] Name = "h2"u8.ToArray();

        public ReadOnlyMemory<byte> ApplicationProtocol => Name;

        // The feature is shared by all connections, and none has a certificate.
        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => throw new NotSupportedException();
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) =>
            Task.FromResult<X509Certificate2?>(null);
    }
}
