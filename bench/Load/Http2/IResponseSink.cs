namespace XmtpOrleans.Load.Http2;

/// <summary>Told what a connection received, on the thread that drives it.</summary>
internal interface IResponseSink
{
    /// <summary>A piece of a response body; gRPC frames may be cut anywhere.</summary>
    void OnData(int stream, ReadOnlySpan<byte> data);

    /// <summary>A response ended: with a gRPC status, or −1 when it was cut off.</summary>
    void OnEnd(int stream, int status);
}
