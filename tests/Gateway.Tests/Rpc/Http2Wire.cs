using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>
/// HTTP/2 frame by frame, for clients that misbehave. Headers are sent without compression and not decoded when received.
/// </summary>
internal sealed class Http2Wire : IAsyncDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private readonly Socket _socket;
    private readonly NetworkStream _stream;

    private Http2Wire(Socket socket) => (_socket, _stream) = (socket, new NetworkStream(socket, ownsSocket: true));

    /// <summary>Connects and says the preface, with the settings given as pairs of identifier and value.</summary>
    public static async Task<Http2Wire> ConnectAsync(Uri address, params (ushort Id, uint Value)[] settings)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(address.Host, address.Port, Token);
        var wire = new Http2Wire(socket);
        await wire._stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), Token);
        var payload = new byte[settings.Length * 6];
        for (var i = 0; i < settings.Length; i++)
        {
            BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(i * 6), settings[i].Id);
            BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(i * 6 + 2), settings[i].Value);
        }

        await wire.SendAsync(Settings, flags: 0, stream: 0, payload);
        return wire;
    }

    /// <summary>Of the calls that are opened.</summary>
    public string ContentType { get; set; } = "application/grpc";

    public async Task SendAsync(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        await _stream.WriteAsync(frame, Token);
    }

    /// <summary>Opens a gRPC call; its message follows as data.</summary>
    public Task OpenAsync(int stream, string path, byte flags = EndHeaders) => SendAsync(Headers, flags, stream, HeaderBlock(path));

    public Task OpenWithMessageAsync(int stream, string path, byte[] message) =>
        Task.WhenAll(OpenAsync(stream, path), SendAsync(Data, EndStream, stream, Frame(message)));

    public Task GrantAsync(int stream, int bytes)
    {
        var payload = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(payload, bytes);
        return SendAsync(WindowUpdate, flags: 0, stream, payload);
    }

    /// <summary>The next frame that is not about settings or windows; null when the server has closed the connection.</summary>
    public async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> ReceiveAsync()
    {
        while (true)
        {
            var header = new byte[9];
            try
            {
                if (await _stream.ReadAtLeastAsync(header, 9, throwOnEndOfStream: false, Token) < 9) return null;

                var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
                await _stream.ReadExactlyAsync(payload, Token);
                if (header[3] is not Settings and not WindowUpdate)
                {
                    return (header[3], header[4], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload);
                }
            }
            catch (IOException)
            {
                return null;
            }
        }
    }

    /// <summary>Frames up to the first that fits, which is the last; fails when the server closes the connection before.</summary>
    public async Task<(byte Type, byte Flags, int Stream, byte[] Payload)> ReceiveUntilAsync(
        Func<(byte Type, byte Flags, int Stream, byte[] Payload), bool> fits)
    {
        while (await ReceiveAsync() is { } frame)
        {
            if (fits(frame)) return frame;
        }

        throw new IOException("The server closed the connection.");
    }

    public static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private byte[] HeaderBlock(string path)
    {
        var block = new List<byte>();
        foreach (var (name, value) in new[]
        {
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "node"), ("content-type", ContentType),
                ("te", "trailers"),
        })
        {
            block.Add(0);
            block.Add((byte)name.Length);
            block.AddRange(Encoding.ASCII.GetBytes(name));
            block.Add((byte)value.Length);
            block.AddRange(Encoding.ASCII.GetBytes(value));
        }

        return [.. block];
    }
}
