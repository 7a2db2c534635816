using System.Net;
using System.Net.Sockets;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Opens connections to one node. Its name may stand for several fronts: every connection goes to the address after that of the last one, and
/// to the next when nobody answers there.</summary>
internal sealed class NodeDialer(INodeResolver resolver, TimeProvider clock, Random random)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    // An address that is silent must not delay those that answer (RFC 8305).
    private static readonly TimeSpan HeadStart = TimeSpan.FromMilliseconds(250);

    private volatile IReadOnlyList<IPEndPoint> _known = [];
    private volatile IPEndPoint? _last;

    /// <summary>A connection to one of the addresses.</summary>
    /// <exception cref="SocketException">None of them answered, or the name is unknown.</exception>
    public async ValueTask<Stream> ConnectAsync(DnsEndPoint name, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var addresses = InTurn(await ResolveAsync(name, either.Token));
            return new NetworkStream(await RaceAsync(addresses, either), ownsSocket: true);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new SocketException((int)SocketError.TimedOut);
        }
    }

    private async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(DnsEndPoint name, CancellationToken cancellationToken)
    {
        try
        {
            return _known = await resolver.ResolveAsync(name, cancellationToken);
        }
        catch (SocketException) when (_known.Count > 0)
        {
            return _known; // a name server that is away takes no node away
        }
    }

    // Name servers shuffle their answers; the turn has to be ours.
    private List<IPEndPoint> InTurn(IReadOnlyList<IPEndPoint> addresses)
    {
        var sorted = addresses.OrderBy(static address => address.ToString(), StringComparer.Ordinal).ToList();
        var last = _last is { } before ? sorted.IndexOf(before) : random.Next(sorted.Count);
        return [.. sorted.Skip(last + 1), .. sorted.Take(last + 1)];
    }

    private async Task<Socket> RaceAsync(List<IPEndPoint> addresses, CancellationTokenSource end)
    {
        var dials = new List<Task<Socket>>();
        try
        {
            for (var next = 0; ;)
            {
                end.Token.ThrowIfCancellationRequested();
                if (next < addresses.Count) dials.Add(DialAsync(addresses[next++], end.Token));
                var first = Task.WhenAny(dials);
                if (next < addresses.Count && await Task.WhenAny(first, Task.Delay(HeadStart, clock, end.Token)) != first) continue;

                var ended = await first;
                dials.Remove(ended);
                if (ended.IsCompletedSuccessfully || (dials.Count == 0 && next == addresses.Count)) return await ended;
            }
        }
        finally
        {
            await end.CancelAsync();
            foreach (var slower in dials) await DropAsync(slower);
        }
    }

    private async Task<Socket> DialAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken);
            _last = address;
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task DropAsync(Task<Socket> dial)
    {
        try
        {
            (await dial).Dispose();
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            // It was not needed.
        }
    }
}
