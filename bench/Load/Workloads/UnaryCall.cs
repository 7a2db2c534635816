using System.Diagnostics;
using System.Net;
using XmtpOrleans.Load.Http2;

namespace XmtpOrleans.Load.Workloads;

/// <summary>One call on a connection of its own, for what a run has to know before it starts.</summary>
internal sealed class UnaryCall : IResponseSink
{
    private const int GrpcHeaderLength = 5;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly List<byte> _body = [];
    private int? _status;

    private UnaryCall()
    {
    }

    /// <summary>Calls a method and returns the bytes of its response message.</summary>
    /// <exception cref="IOException">The call did not succeed.</exception>
    public static byte[] Execute(IPEndPoint server, string path, ReadOnlySpan<byte> request)
    {
        var call = new UnaryCall();
        using var connection = new GrpcConnection(server, path, call);
        connection.Call(request);
        connection.Flush();
        for (var since = Stopwatch.GetTimestamp(); call._status is null && Stopwatch.GetElapsedTime(since) < Limit;)
        {
            connection.Receive(TimeSpan.FromMilliseconds(100));
        }

        return call._status == 0
            ? call._body.Skip(GrpcHeaderLength).ToArray()
            : throw new IOException($"{path} ended with status {call._status?.ToString() ?? "none in time"}");
    }

    public void OnData(int stream, ReadOnlySpan<byte> data) => _body.AddRange(data);

    public void OnEnd(int stream, int status) => _status = status;
}
