using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class NodeSelectorTests : IDisposable
{
    private readonly FakeTimeProvider _clock = new();
    private readonly Network _network;
    private readonly PayerOptions _options = new();
    private readonly NodeDirectory _nodes;
    private readonly NodeLatencies _latencies;
    private readonly NodeSelector _selector;

    public NodeSelectorTests()
    {
        var options = Options.Create(_options);
        _network = new Network(_clock);
        _nodes = new NodeDirectory(_network, _network, options, _clock);
        _latencies = new NodeLatencies(_nodes, options, _clock);
        _selector = new NodeSelector(options, _latencies);
    }

    [Fact]
    public void Order_Stable_IsTheNetworksMapping()
    {
        _network.Register(100, 200, 300);

        Assert.Equal([300u, 100u, 200u], Order(_selector, "stable_key"u8));
    }

    [Theory]
    [InlineData(new[] { "300", "100" }, new uint[] { 300, 100 })]
    [InlineData(new[] { "400", "200", "200" }, new uint[] { 200 })]
    [InlineData(new[] { "400" }, new uint[] { })]
    public void Order_Manual_IsThePreferredOnesThatAreRegistered(string[] preferred, uint[] expected)
    {
        _network.Register(100, 200, 300);
        (_options.NodeSelection, _options.PreferredNodes) = (NodeSelection.Manual, preferred);

        Assert.Equal(expected, Order(_selector));
    }

    [Fact]
    public void Order_Ordered_FallsBackToTheOthersById()
    {
        _network.Register(400, 300, 200, 100);
        (_options.NodeSelection, _options.PreferredNodes) = (NodeSelection.Ordered, ["300", "500"]);

        Assert.Equal([300u, 100u, 200u, 400u], Order(_selector));
    }

    [Fact]
    public void Order_Random_GivesEachNodeItsShare()
    {
        _network.Register(100, 200, 300);
        _options.NodeSelection = NodeSelection.Random;

        var first = Enumerable.Range(0, 1_000).Select(_ => Order(_selector)[0]).CountBy(id => id).ToDictionary();

        Assert.Equal(3, first.Count);
        Assert.All(first, share => Assert.True(share.Value > 200, $"{share.Key} was first {share.Value} times of 1000"));
    }

    [Fact]
    public async Task Order_Closest_IsByTimeToConnectWithTheUnmeasuredLast()
    {
        _options.NodeSelection = NodeSelection.Closest;
        await MeasureAsync((200, 30), (300, 10));

        _network.Register(100, 200, 300);

        Assert.Equal([300u, 200u, 100u], Order(_selector));
    }

    [Fact]
    public async Task Order_ClosestAfterTheExpiry_FollowsWhatChanged()
    {
        _options.NodeSelection = NodeSelection.Closest;
        await MeasureAsync((100, 10), (200, 30));
        _network.Times[100] = TimeSpan.FromMilliseconds(50);
        await _latencies.MeasureAsync(TestContext.Current.CancellationToken);
        Assert.Equal([100u, 200u], Order(_selector));

        _clock.Advance(_options.LatencyExpiry);
        await _latencies.MeasureAsync(TestContext.Current.CancellationToken);

        Assert.Equal([200u, 100u], Order(_selector));
    }

    [Fact]
    public async Task Order_ClosestNodeAway_IsLast()
    {
        _options.NodeSelection = NodeSelection.Closest;
        await MeasureAsync((100, 10), (200, 30));
        _network.Away.Add(100);

        _clock.Advance(_options.LatencyExpiry);
        await _latencies.MeasureAsync(TestContext.Current.CancellationToken);

        Assert.Equal([200u, 100u], Order(_selector));
    }

    [Theory]
    [InlineData(new[] { "300", "100" }, new uint[] { 100, 300 })]
    [InlineData(new[] { "900" }, new uint[] { 100, 200, 300 })]
    public void Order_ClosestWithPreferred_IsAmongThoseUnlessNoneIsRegistered(string[] preferred, uint[] expected)
    {
        _network.Register(100, 200, 300);
        (_options.NodeSelection, _options.PreferredNodes) = (NodeSelection.Closest, preferred);

        Assert.Equal(expected, Order(_selector));
    }

    [Fact]
    public async Task Publish_ManualWithoutARegisteredNode_IsUnavailable()
    {
        await using var gateway = await GatewayHost.StartAsync([100], options => (options.NodeSelection, options.PreferredNodes) = (NodeSelection.Manual, ["200"]));

        var refusal = await gateway.RefuseAsync(Message(group: 1, "for nobody"));

        Assert.Equal((Grpc.Core.StatusCode.Unavailable, "no available manual nodes"), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task Publish_PreferredNodeUnhealthy_GoesToTheNext()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300], options => (options.NodeSelection, options.PreferredNodes) = (NodeSelection.Manual, ["300", "100"]));
        gateway.Nodes[2].State.Report("no store");
        await gateway.CheckHealthAsync();

        var answer = Assert.Single(await gateway.PublishAsync(Message(group: 1, "next")));

        Assert.Equal(new OriginatorId(100), answer.Originator);
    }

    public void Dispose()
    {
        _latencies.Dispose();
        _nodes.Dispose();
        _network.Dispose();
    }

    private uint[] Order(NodeSelector selector, ReadOnlySpan<byte> identifier = default) =>
        [.. selector.Order(_nodes.Links, identifier).Select(link => link.Id.Value)];

    // Each is added when those before it have been measured, so that the clock moves for one at a time.
    private async Task MeasureAsync(params (uint Id, int Milliseconds)[] nodes)
    {
        foreach (var (id, milliseconds) in nodes)
        {
            _network.Times[id] = TimeSpan.FromMilliseconds(milliseconds);
            _network.Register([.. _network.Current.Select(node => node.Id.Value), id]);
            await _latencies.MeasureAsync(TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Nodes whose names take a time of the test's clock to resolve.</summary>
    private sealed class Network : INodeRegistry, INodeResolver, IDisposable
    {
        private readonly FakeTimeProvider _clock;
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly TcpListener _closed = new(IPAddress.Loopback, 0);

        public Network(FakeTimeProvider clock)
        {
            _clock = clock;
            _listener.Start();
            _closed.Server.Bind(_closed.LocalEndpoint);
        }

        public IReadOnlyList<RegisteredNode> Current { get; private set; } = [];

        public Dictionary<uint, TimeSpan> Times { get; } = [];

        public HashSet<uint> Away { get; } = [];

        public void Register(params uint[] ids) =>
            Current = [.. ids.Distinct().Select(id => new RegisteredNode(new OriginatorId(id), new Uri($"http://node{id}:5050"), default))];

        public Task<IReadOnlyList<IPEndPoint>> ResolveAsync(DnsEndPoint name, CancellationToken cancellationToken)
        {
            var id = uint.Parse(name.Host["node".Length..]);
            _clock.Advance(Times[id]);
            var server = (Away.Contains(id) ? _closed : _listener).Server;
            return Task.FromResult<IReadOnlyList<IPEndPoint>>([(IPEndPoint)server.LocalEndPoint!]);
        }

        public void Dispose()
        {
            _listener.Dispose();
            _closed.Dispose();
        }
    }
}
