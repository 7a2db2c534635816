using Grpc.Core;

namespace XmtpOrleans.Gateway.Rpc.Binding;

/// <summary>
/// What happened at one method since the process started. Counted by addition alone, so that a call pays a few nanoseconds.
/// </summary>
internal sealed class RpcMethodCounts
{
    private const int Codes = 17;

    private readonly long[] _handled = new long[Codes];
    private long _started;
    private long _sent;
    private long _received;

    public long Started => Volatile.Read(ref _started);

    public long Sent => Volatile.Read(ref _sent);

    public long Received => Volatile.Read(ref _received);

    /// <summary>Calls being served.</summary>
    public long Open
    {
        get
        {
            var handled = 0L;
            for (var code = 0; code < Codes; code++)
            {
                handled += Volatile.Read(ref _handled[code]);
            }

            return Started - handled;
        }
    }

    public long Handled(StatusCode code) => Volatile.Read(ref _handled[(int)code]);

    internal void Start() => Interlocked.Increment(ref _started);

    internal void Handle(StatusCode code) => Interlocked.Increment(ref _handled[(uint)code < Codes ? (int)code : (int)StatusCode.Unknown]);

    internal void Send(int messages) => Interlocked.Add(ref _sent, messages);

    internal void Receive() => Interlocked.Increment(ref _received);
}
