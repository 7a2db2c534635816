using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Payers;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class NodeDialerTests : IDisposable
{
    private static readonly DnsEndPoint Name = new("node.test", 5050);

    private readonly List<TcpListener> _listeners = [];
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public async Task Connect_SeveralAddresses_TakesThemInTurn()
    {
        IPEndPoint[] addresses = [Listen(), Listen(), Listen()];
        var dialer = Dialer(new FakeResolver(addresses));

        var reached = new List<IPEndPoint>();
        for (var at = 0; at < 6; at++) reached.Add(await ReachAsync(dialer));

        Assert.Equal(addresses.ToHashSet(), reached.Take(3).ToHashSet());
        Assert.Equal(reached.Take(3), reached.Skip(3));
    }

    [Fact]
    public async Task Connect_NobodyListensAtSome_ReachesTheOther()
    {
        var living = Listen();
        var dialer = Dialer(new FakeResolver(Free(), living, Free()));

        for (var at = 0; at < 4; at++) Assert.Equal(living, await ReachAsync(dialer));
    }

    [Fact]
    public async Task Connect_SilentAddress_ReachesTheOtherAfterItsHeadStart()
    {
        using var silent = new Silence();
        var living = Listen();
        var dialer = Dialer(new FakeResolver(silent.EndPoint, living));

        for (var at = 0; at < 2; at++)
        {
            var reach = ReachAsync(dialer); // one of the two begins at the silent one
            while (!reach.IsCompleted)
            {
                _clock.Advance(TimeSpan.FromMilliseconds(50));
                await Task.WhenAny(reach, Task.Delay(10, TestContext.Current.CancellationToken));
            }

            Assert.Equal(living, await reach);
        }
    }

    [Fact]
    public async Task Connect_OnlySilence_EndsAfterFiveSeconds()
    {
        using var silent = new Silence();
        var connect = Dialer(new FakeResolver(silent.EndPoint)).ConnectAsync(Name, TestContext.Current.CancellationToken).AsTask();
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(connect.IsCompleted);

        _clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal(SocketError.TimedOut, (await Assert.ThrowsAsync<SocketException>(() => connect)).SocketErrorCode);
    }

    [Fact]
    public async Task Connect_NobodyListens_Throws()
    {
        var dialer = Dialer(new FakeResolver(Free(), Free()));

        var failure = await Assert.ThrowsAsync<SocketException>(() => ReachAsync(dialer));

        Assert.Equal(SocketError.ConnectionRefused, failure.SocketErrorCode);
    }

    [Fact]
    public async Task Connect_NameServerAway_TakesWhatWasKnown()
    {
        var living = Listen();
        var resolver = new FakeResolver(living);
        var dialer = Dialer(resolver);
        await ReachAsync(dialer);

        resolver.Addresses = [];

        Assert.Equal(living, await ReachAsync(dialer));
    }

    [Fact]
    public async Task Connect_UnknownName_Throws() =>
        await Assert.ThrowsAsync<SocketException>(() => ReachAsync(Dialer(new FakeResolver())));

    [Fact]
    public async Task Resolve_AddressInsteadOfAName_IsThatAddress()
    {
        var resolver = new DnsNodeResolver();

        Assert.Equal(
            [new IPEndPoint(IPAddress.IPv6Loopback, 1)],
            await resolver.ResolveAsync(new DnsEndPoint("::1", 1), TestContext.Current.CancellationToken));
    }

    public void Dispose()
    {
        foreach (var listener in _listeners) listener.Dispose();
    }

    private NodeDialer Dialer(FakeResolver resolver) => new(resolver, _clock, new Random(1));

    private static async Task<IPEndPoint> ReachAsync(NodeDialer dialer)
    {
        await using var stream = Assert.IsType<NetworkStream>(await dialer.ConnectAsync(Name, TestContext.Current.CancellationToken));
        return Assert.IsType<IPEndPoint>(stream.Socket.RemoteEndPoint);
    }

    private IPEndPoint Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        return (IPEndPoint)listener.LocalEndpoint;
    }

    // Bound, so that nobody else gets it, but not listening.
    private IPEndPoint Free()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Server.Bind(listener.LocalEndpoint);
        _listeners.Add(listener);
        return (IPEndPoint)listener.Server.LocalEndPoint!;
    }

    /// <summary>An address where connections are neither taken nor refused: its queue is full.</summary>
    private sealed class Silence : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly List<Socket> _waiting = [];

        public Silence()
        {
            Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux drops what a full queue does not hold.");
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _socket.Listen(1);
            EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
            for (var at = 0; at < 4; at++)
            {
                var waiting = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
                try
                {
                    waiting.Connect(EndPoint);
                }
                catch (SocketException)
                {
                    // It goes on by itself.
                }

                _waiting.Add(waiting);
            }
        }

        public IPEndPoint EndPoint { get; }

        public void Dispose()
        {
            foreach (var waiting in _waiting) waiting.Dispose();
            _socket.Dispose();
        }
    }
}
