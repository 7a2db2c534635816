using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace XmtpOrleans.Testing;

/// <summary>A network between a client and a server on this machine, which can lose everything that is sent through it, or its clients.</summary>
public sealed class TcpRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<(TcpClient Client, TcpClient Server)> _pairs = [];
    private readonly int _target;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = new();

    /// <summary>A network to a port of 127.0.0.1.</summary>
    public TcpRelay(int target)
    {
        _target = target;
        _listener.Start();
        _open.SetResult();
        _accepting = AcceptAsync();
    }

    /// <summary>The port that stands for the server's.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>From now on nothing arrives anywhere; connections stay open, and new ones seem to be made.</summary>
    public void Drop() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets everything through again, also what was sent meanwhile.</summary>
    public void Restore() => _open.TrySetResult();

    /// <summary>Ends all connections towards the clients, while the server still believes in them.</summary>
    public void CutClients()
    {
        foreach (var (client, _) in _pairs) client.Client.Close(0);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        foreach (var (client, server) in _pairs)
        {
            client.Dispose();
            server.Dispose();
        }

        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var server = new TcpClient();
                await server.ConnectAsync(IPAddress.Loopback, _target, _stop.Token);
                _pairs.Add((client, server));
                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
            catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                // The relay ends, or the server is not there: the client finds out.
            }
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var count = await from.GetStream().ReadAsync(buffer, _stop.Token);
                await _open.Task.WaitAsync(_stop.Token);
                if (count == 0) break;
                await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _stop.Token);
            }

            to.Client.Shutdown(SocketShutdown.Send);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or IOException or SocketException or InvalidOperationException)
        {
            // One of the two is gone; after CutClients the other one does not hear of it.
        }
    }
}
