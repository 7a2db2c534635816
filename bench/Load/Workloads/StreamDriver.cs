using System.Buffers.Binary;
using System.Net;
using XmtpOrleans.Load.Http2;

namespace XmtpOrleans.Load.Workloads;

/// <summary>One connection that holds many streams open and tells the numbers of the messages that arrive.</summary>
internal sealed class StreamDriver : IResponseSink, IDisposable
{
    private const int GrpcHeaderLength = 5;

    private readonly GrpcConnection _connection;
    private readonly Action<ulong> _arrived;
    private readonly Dictionary<int, byte[]> _partial = [];
    private readonly HashSet<int> _started = [];
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private int _startedCount;
    private int _ended;

    public StreamDriver(IPEndPoint server, string path, IReadOnlyList<byte[]> requests, Action<ulong> arrived)
    {
        _arrived = arrived;
        _connection = new GrpcConnection(server, path, this);
        foreach (var request in requests)
        {
            _connection.Call(request);
        }

        _connection.Flush();
        _thread = new Thread(Run) { IsBackground = true, Name = "streams" };
        _thread.Start();
    }

    /// <summary>Streams that have sent their first frame.</summary>
    public int Started => Volatile.Read(ref _startedCount);

    /// <summary>Streams that ended.</summary>
    public int Ended => Volatile.Read(ref _ended);

    public Exception? Fault { get; private set; }

    public void Dispose()
    {
        _isStopping = true;
        _thread.Join(TimeSpan.FromSeconds(5));
        _connection.Dispose();
    }

    public void OnData(int stream, ReadOnlySpan<byte> data)
    {
        if (_partial.Remove(stream, out var partial)) data = (byte[])[.. partial, .. data];
        while (data.Length >= GrpcHeaderLength)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(data[1..]);
            if (data.Length < GrpcHeaderLength + length) break;
            if (_started.Add(stream)) Interlocked.Increment(ref _startedCount);
            GroupMessages.ForEachNumber(data.Slice(GrpcHeaderLength, length), _arrived);
            data = data[(GrpcHeaderLength + length)..];
        }

        if (!data.IsEmpty) _partial[stream] = data.ToArray();
    }

    public void OnEnd(int stream, int status) => Interlocked.Increment(ref _ended);

    private void Run()
    {
        try
        {
            while (!_isStopping)
            {
                _connection.Receive(TimeSpan.FromMilliseconds(100));
            }
        }
        catch (Exception failure) when (failure is IOException or System.Net.Sockets.SocketException)
        {
            Fault = failure;
        }
    }
}
