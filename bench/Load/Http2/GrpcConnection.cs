using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace XmtpOrleans.Load.Http2;

/// <summary>One HTTP/2 connection that makes gRPC calls with as little work as a call needs: the generator shares the machine with the server, and
/// what it burns the server lacks. One thread drives it: queue calls, send, receive.</summary>
internal sealed class GrpcConnection : IDisposable
{
    private const int FrameHeaderLength = 9;
    private const int GrpcHeaderLength = 5;
    private const int MaxFrame = 16_384;
    private const int WindowSize = int.MaxValue;
    private const int WindowRefill = 1 << 29;
    private const int DefaultWindow = 65_535;

    private readonly Socket _socket;
    private readonly byte[] _headers;
    private readonly IResponseSink _sink;
    private byte[] _out = new byte[1 << 20];
    private int _outLength;
    private byte[] _in = new byte[1 << 20];
    private int _inLength;
    private int _nextStream = 1;
    private long _sendWindow = DefaultWindow;
    private long _unacknowledged;

    public GrpcConnection(IPEndPoint server, string path, IResponseSink sink)
    {
        _sink = sink;
        _headers = HeaderBlock.Request(server.ToString(), path);
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket.Connect(server);
        Write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);
        Span<byte> settings = stackalloc byte[12];
        BinaryPrimitives.WriteUInt16BigEndian(settings, 1); // header table size: none
        BinaryPrimitives.WriteUInt16BigEndian(settings[6..], 4); // initial stream window: as large as it gets
        BinaryPrimitives.WriteInt32BigEndian(settings[8..], WindowSize);
        WriteFrame(type: 4, flags: 0, stream: 0, settings);
        WriteWindowUpdate(WindowSize - DefaultWindow);
        Flush();
    }

    /// <summary>Calls whose response has not ended.</summary>
    public int InFlight { get; private set; }

    /// <summary>Whether the server's window admits another call of this size now.</summary>
    public bool CanSend(int messageLength) => _sendWindow >= messageLength + GrpcHeaderLength;

    /// <summary>Queues a call; <see cref="Flush"/> sends it.</summary>
    /// <returns>The call's stream id, by which the sink is told of its response.</returns>
    public int Call(ReadOnlySpan<byte> message)
    {
        var stream = _nextStream;
        _nextStream += 2;
        WriteFrame(type: 1, flags: 4, stream, _headers); // END_HEADERS
        Span<byte> grpc = stackalloc byte[GrpcHeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(grpc[1..], message.Length);
        _sendWindow -= message.Length + GrpcHeaderLength;
        if (message.Length + GrpcHeaderLength <= MaxFrame)
        {
            WriteFrameHeader(message.Length + GrpcHeaderLength, type: 0, flags: 1, stream);
            Write(grpc);
            Write(message);
        }
        else
        {
            WriteFrameHeader(GrpcHeaderLength, type: 0, flags: 0, stream);
            Write(grpc);
            for (var rest = message; !rest.IsEmpty;)
            {
                var part = rest[..Math.Min(rest.Length, MaxFrame)];
                rest = rest[part.Length..];
                WriteFrame(type: 0, flags: rest.IsEmpty ? (byte)1 : (byte)0, stream, part);
            }
        }

        InFlight++;
        return stream;
    }

    /// <summary>Sends everything queued.</summary>
    public void Flush()
    {
        for (var sent = 0; sent < _outLength;)
        {
            sent += _socket.Send(_out.AsSpan(sent, _outLength - sent));
        }

        _outLength = 0;
    }

    /// <summary>Waits at most that long for bytes and takes in all that came.</summary>
    public void Receive(TimeSpan wait)
    {
        if (!_socket.Poll(wait, SelectMode.SelectRead)) return;
        if (_inLength == _in.Length) Array.Resize(ref _in, _in.Length * 2);
        var received = _socket.Receive(_in.AsSpan(_inLength));
        if (received == 0) throw new IOException("the server closed the connection");
        _inLength += received;
        var taken = 0;
        while (_inLength - taken >= FrameHeaderLength)
        {
            var length = (_in[taken] << 16) | (_in[taken + 1] << 8) | _in[taken + 2];
            if (_inLength - taken < FrameHeaderLength + length) break;
            OnFrame(_in.AsSpan(taken, FrameHeaderLength + length));
            taken += FrameHeaderLength + length;
        }

        Buffer.BlockCopy(_in, taken, _in, 0, _inLength - taken);
        _inLength -= taken;
        if (_unacknowledged > WindowRefill)
        {
            WriteWindowUpdate((int)_unacknowledged);
            _unacknowledged = 0;
        }

        if (_outLength > 0) Flush();
    }

    public void Dispose() => _socket.Dispose();

    private void OnFrame(ReadOnlySpan<byte> frame)
    {
        var (type, flags) = (frame[3], frame[4]);
        var stream = BinaryPrimitives.ReadInt32BigEndian(frame[5..]) & int.MaxValue;
        var payload = frame[FrameHeaderLength..];
        switch (type)
        {
            case 0: // DATA
                _unacknowledged += payload.Length;
                _sink.OnData(stream, payload);
                if ((flags & 1) != 0) End(stream, status: -1);
                break;
            case 1: // HEADERS
                if ((flags & 1) != 0) End(stream, HeaderBlock.GrpcStatus(payload));
                break;
            case 3: // RST_STREAM
                End(stream, status: -1);
                break;
            case 4 when (flags & 1) == 0: // SETTINGS
                WriteFrame(type: 4, flags: 1, stream: 0, []);
                break;
            case 6 when (flags & 1) == 0: // PING
                WriteFrame(type: 6, flags: 1, stream: 0, payload);
                break;
            case 7: // GOAWAY
                throw new IOException("the server is closing the connection");
            case 8 when stream == 0: // WINDOW_UPDATE
                _sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue;
                break;
            default:
                break;
        }
    }

    private void End(int stream, int status)
    {
        InFlight--;
        _sink.OnEnd(stream, status);
    }

    private void WriteWindowUpdate(int increment)
    {
        Span<byte> payload = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, increment);
        WriteFrame(type: 8, flags: 0, stream: 0, payload);
    }

    private void WriteFrame(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        WriteFrameHeader(payload.Length, type, flags, stream);
        Write(payload);
    }

    private void WriteFrameHeader(int length, byte type, byte flags, int stream)
    {
        Span<byte> header = stackalloc byte[FrameHeaderLength];
        BinaryPrimitives.WriteInt32BigEndian(header, length << 8);
        (header[3], header[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(header[5..], stream);
        Write(header);
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (_out.Length - _outLength < bytes.Length) Array.Resize(ref _out, _out.Length * 2);
        bytes.CopyTo(_out.AsSpan(_outLength));
        _outLength += bytes.Length;
    }
}
