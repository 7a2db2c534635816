using System.Buffers;
using System.Buffers.Binary;
using XmtpOrleans.Gateway.Rpc.Binding;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Rpc.Connect;

/// <summary>The encoded messages of a Connect request: one unframed body for a unary method, frames for a stream.</summary>
internal sealed class ConnectRequests(RpcContext context, GuardedBody body) : IRpcStreamReader<byte[]>
{
    private bool _ended;

    public async ValueTask<RpcRequest<byte[]>?> ReadAsync(CancellationToken cancellationToken)
    {
        if (_ended) return null;

        _ended = context.Method.Kind is not RpcMethodKind.Duplex;
        var message = context.Protocol.IsConnectUnary() ? await ReadBodyAsync(cancellationToken) : await ReadFrameAsync(cancellationToken);
        return message is null ? null : new RpcRequest<byte[]>(message, message);
    }

    private async ValueTask<byte[]> ReadBodyAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                body.AdvanceTo(read.Buffer.End);
                return Decode(bytes, WireChecks.IsPacked(context));
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private async ValueTask<byte[]?> ReadFrameAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await body.ReadAsync(cancellationToken);
            if (read.IsCompleted && read.Buffer.IsEmpty) return null;

            // The one request of a server stream is taken once the client has said that nothing follows.
            if ((read.IsCompleted || !_ended) && TryCutFrame(read.Buffer, out var message, out var isPacked, out var end))
            {
                body.AdvanceTo(end);
                return Decode(message, isPacked);
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    // Lengths and completeness were checked by the body.
    private static bool TryCutFrame(in ReadOnlySequence<byte> buffer, out byte[] message, out bool isPacked, out SequencePosition end)
    {
        (message, isPacked, end) = ([], false, buffer.Start);
        if (buffer.Length < ReadyMessage.FrameHeaderLength) return false;

        Span<byte> header = stackalloc byte[ReadyMessage.FrameHeaderLength];
        buffer.Slice(0, ReadyMessage.FrameHeaderLength).CopyTo(header);
        var length = BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        if (buffer.Length < ReadyMessage.FrameHeaderLength + length) return false;

        var payload = buffer.Slice(ReadyMessage.FrameHeaderLength, length);
        (message, isPacked, end) = (payload.ToArray(), header[0] == 1, payload.End);
        return true;
    }

    private byte[] Decode(byte[] bytes, bool isPacked)
    {
        if (isPacked)
        {
            using var packed = new MemoryStream(bytes, writable: false);
            bytes = LimitedGzip.Unpack(packed);
        }

        return context.Protocol is RpcProtocol.ConnectUnaryJson or RpcProtocol.ConnectStreamJson
            ? ConnectJson.ToProto(bytes, context.Method.Descriptor.InputType)
            : bytes;
    }
}
