using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// The streams open in this process: how many there may be, in all and for one client, and how they end when the server stops.
/// </summary>
internal sealed class OpenStreams(RpcServer server)
{
    private static readonly TimeSpan DrainStep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan HandlersMayTake = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Linger = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly HashSet<RpcContext> _open = [];
    private readonly Dictionary<UInt128, int> _perClient = [];
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _draining;

    public int Count
    {
        get
        {
            lock (_lock) { return _open.Count; }
        }
    }

    /// <summary>Registers a stream, before its request is read; throws a refusal when there are too many.</summary>
    public void Open(RpcContext context)
    {
        var client = ClientKey(context.ClientAddress);
        lock (_lock)
        {
            if (_draining) throw RpcErrors.ToStatus(RpcEnd.Drained);
            if (_open.Count >= server.Options.MaxOpenStreams) throw RpcErrors.ResourceExhausted("too many open streams", RetryAfter);

            var own = _perClient.GetValueOrDefault(client);
            if (own >= server.Options.MaxOpenStreamsPerClient)
            {
                throw RpcErrors.ResourceExhausted("too many open streams from this address", RetryAfter);
            }

            _perClient[client] = own + 1;
            _open.Add(context);
        }
    }

    public void Close(RpcContext context)
    {
        var client = ClientKey(context.ClientAddress);
        lock (_lock)
        {
            if (!_open.Remove(context)) return;
            if (--CollectionsMarshal.GetValueRefOrNullRef(_perClient, client) == 0) _perClient.Remove(client);
            if (_draining && _open.Count == 0) _allClosed.TrySetResult();
        }
    }

    /// <summary>
    /// Ends all streams, evenly spread over the drain time: a client whose stream ends comes back at once, and elsewhere.
    /// </summary>
    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        RpcContext[] streams;
        lock (_lock)
        {
            _draining = true;
            streams = [.. _open];
        }

        if (streams.Length == 0) return;

        var started = server.Clock.GetTimestamp();
        for (var ended = 0; ended < streams.Length;)
        {
            for (var due = Due(streams.Length, server.Clock.GetElapsedTime(started)); ended < due; ended++)
            {
                streams[ended].Drain();
            }

            if (ended < streams.Length) await Task.Delay(DrainStep, server.Clock, cancellationToken);
        }

        await AllClosedAsync(cancellationToken);
    }

    private async Task AllClosedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _allClosed.Task.WaitAsync(HandlersMayTake, server.Clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            // A handler that does not listen is cut off with its connection.
        }

        // Some clients lose the status of a stream when its connection closes right behind it.
        await Task.Delay(Linger, server.Clock, cancellationToken);
    }

    private int Due(int streams, TimeSpan elapsed) => server.Options.DrainTime is var total && elapsed < total
        ? (int)(streams * (elapsed / total)) + 1
        : streams;

    // One customer's IPv6 addresses share a /64 (04 §7.3); callers without a readable address share one key.
    private static UInt128 ClientKey(IPAddress? address)
    {
        Span<byte> bytes = stackalloc byte[16];
        if (address is null || !address.TryWriteBytes(bytes, out _)) return UInt128.MaxValue;

        // The low half of an IPv6 key is zero, so the mark keeps IPv4 keys apart from them.
        if (address.AddressFamily is AddressFamily.InterNetworkV6) bytes[8..].Clear();
        else bytes[15] = 4;
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
