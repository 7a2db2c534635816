using System.Net;
using System.Net.Sockets;

namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>One address for several fronts, as a service of an orchestrator is: a new connection goes to the next front that says it is ready, and stays
/// there until it ends. Two failed probes in a row take a front out.</summary>
internal sealed class FrontBalancer : IAsyncDisposable
{
    private const int FailuresAllowed = 2;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    private readonly TcpListener _listener;
    private readonly IReadOnlyList<(Uri Rpc, Uri Ops)> _fronts;
    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(2) };
    private readonly int[] _failures; // in a row
    private readonly Task _loops;
    private volatile IReadOnlyList<Uri> _ready = [];
    private int _next;

    public FrontBalancer(int port, IReadOnlyList<(Uri Rpc, Uri Ops)> fronts)
    {
        _fronts = fronts;
        _failures = [.. fronts.Select(static _ => FailuresAllowed)]; // not there before it said that it is ready
        Address = new Uri($"http://127.0.0.1:{port}");
        _listener = new TcpListener(IPAddress.Loopback, port);
        _listener.Start();
        _loops = Task.WhenAll(AcceptAsync(), WatchAsync());
    }

    /// <summary>Where clients connect.</summary>
    public Uri Address { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _loops;
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task WatchAsync()
    {
        try
        {
            while (true)
            {
                var ready = await Task.WhenAll(_fronts.Select(front => IsReadyAsync(front.Ops)));
                for (var at = 0; at < ready.Length; at++) _failures[at] = ready[at] ? 0 : _failures[at] + 1;
                _ready = [.. _fronts.Where((_, at) => _failures[at] < FailuresAllowed).Select(static front => front.Rpc)];
                await Task.Delay(Period, _stop.Token);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The test is over.
        }
    }

    private async Task<bool> IsReadyAsync(Uri ops)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri(ops, "/health/ready"), _stop.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception failure) when (failure is HttpRequestException || (failure is TaskCanceledException && !_stop.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var incoming = client;
        try
        {
            var ready = _ready;
            if (ready.Count == 0) return;
            var front = ready[(int)((uint)Interlocked.Increment(ref _next) % ready.Count)];
            using var outgoing = new TcpClient();
            await outgoing.ConnectAsync(IPAddress.Parse(front.Host), front.Port, _stop.Token);
            (incoming.NoDelay, outgoing.NoDelay) = (true, true);
            await using var near = incoming.GetStream();
            await using var far = outgoing.GetStream();
            await Task.WhenAny(near.CopyToAsync(far, _stop.Token), far.CopyToAsync(near, _stop.Token));
        }
        catch (Exception failure) when (failure is IOException or SocketException or OperationCanceledException)
        {
            // One side has gone; the other goes with it.
        }
    }
}
