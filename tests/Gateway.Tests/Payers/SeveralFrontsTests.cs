using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

/// <summary>One node behind one name, with two fronts that come and go.</summary>
public sealed class SeveralFrontsTests
{
    private const uint NodeId = 100;

    [Fact]
    public async Task Publish_FrontDiesWithTheCallInIt_IsTheSamePublishAtAnother()
    {
        await using var network = await Network.StartAsync(fronts: 2);
        var (front, other) = await network.FindServingAsync();
        front.LosesConnections = true;

        var answer = Assert.Single(await network.Gateway.PublishAsync(Message(group: 1, "twice")));

        Assert.Equal(new OriginatorId(NodeId), answer.Originator);
        var (lost, taken) = (Assert.Single(front.Publishes[^1]), Assert.Single(Assert.Single(other.Publishes)));
        Assert.True(lost.Bytes.Span.SequenceEqual(taken.Bytes.Span));
        Assert.Equal([NodeId], (await network.Gateway.GetNodesAsync()).Keys);
    }

    [Fact]
    public async Task Publish_FrontGone_GoesToAnotherAtOnce()
    {
        await using var network = await Network.StartAsync(fronts: 2);
        var (front, other) = await network.FindServingAsync();
        await front.StopAsync();

        await network.Gateway.PublishAsync(Message(group: 1, "next"));

        Assert.Single(other.Publishes);
        Assert.Equal([NodeId], (await network.Gateway.GetNodesAsync()).Keys);
    }

    [Fact]
    public async Task CheckHealth_FrontLeaves_MovesToAnotherAndKeepsTheNodeListed()
    {
        await using var network = await Network.StartAsync(fronts: 2);
        var (front, other) = await network.FindServingAsync();
        front.State.MoveTo(ServingPhase.Leaving);

        await network.Gateway.CheckHealthAsync();
        await network.Gateway.PublishAsync(Message(group: 1, "next"));

        Assert.Equal([NodeId], (await network.Gateway.GetNodesAsync()).Keys);
        Assert.Single(other.Publishes);
    }

    [Fact]
    public async Task CheckHealth_FrontLeavesWithACallInIt_LetsTheCallEnd()
    {
        await using var network = await Network.StartAsync(fronts: 2);
        var (front, _) = await network.FindServingAsync();
        var (arrived, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        front.OnPublish = async envelopes =>
        {
            arrived.SetResult();
            await released.Task;
            return front.Accept(envelopes);
        };
        var publish = network.Gateway.PublishAsync(Message(group: 1, "slow"));
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        front.State.MoveTo(ServingPhase.Leaving);

        await network.Gateway.CheckHealthAsync();
        released.SetResult();

        Assert.Single(await publish);
        Assert.Equal(2, front.Publishes.Count);
    }

    [Fact]
    public async Task CheckHealth_EveryFrontLeaves_TakesTheNodeOffTheList()
    {
        await using var network = await Network.StartAsync(fronts: 2);
        foreach (var front in network.Fronts) front.State.MoveTo(ServingPhase.Leaving);

        await network.Gateway.CheckHealthAsync();

        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => network.Gateway.GetNodesAsync())).StatusCode);
    }

    [Fact]
    public async Task Publish_OnlyFrontRestarts_WaitsForItsSuccessor()
    {
        await using var network = await Network.StartAsync(fronts: 1);
        await network.Fronts[0].StopAsync();

        var (answers, successor) = await network.PublishUntilASuccessorComesAsync(Message(group: 1, "patient"));

        Assert.Single(answers);
        Assert.Single(successor.Publishes);
    }

    [Fact]
    public async Task Publish_NodeStaysAway_IsRefusedAfterTheReconnectTime()
    {
        await using var network = await Network.StartAsync(fronts: 1, options => options.ReconnectTime = TimeSpan.FromSeconds(3));
        await network.Fronts[0].StopAsync();
        var started = network.Gateway.Clock.GetUtcNow();

        var publish = network.Gateway.RefuseAsync(Message(group: 1, "in vain"));
        await network.Gateway.AdvanceUntilEndOfAsync(publish);

        Assert.Equal((StatusCode.Unavailable, "the node cannot be reached"), ((await publish).StatusCode, (await publish).Status.Detail));
        Assert.True(network.Gateway.Clock.GetUtcNow() - started >= TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Publish_NodeAwayForLong_IsRefusedAtOnce()
    {
        await using var network = await Network.StartAsync(fronts: 1);
        await network.Fronts[0].StopAsync();
        await network.Gateway.CheckHealthAsync();
        network.Gateway.Clock.Advance(TimeSpan.FromSeconds(6));

        var refusal = await network.Gateway.RefuseAsync(Message(group: 1, "in vain"));

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
    }

    [Fact]
    public async Task Publish_NodeFoundAwayLongAfterItsLastCheck_IsWaitedFor()
    {
        await using var network = await Network.StartAsync(fronts: 1);
        await network.Fronts[0].StopAsync();
        network.Gateway.Clock.Advance(TimeSpan.FromSeconds(6)); // as when checks and calls hang at a frozen front

        var (answers, _) = await network.PublishUntilASuccessorComesAsync(Message(group: 1, "patient"));

        Assert.Single(answers);
    }

    private sealed class Network : IAsyncDisposable
    {
        public List<FakeNode> Fronts { get; } = [];

        public FakeResolver Resolver { get; } = new();

        public GatewayHost Gateway { get; private set; } = null!;

        public static async Task<Network> StartAsync(int fronts, Action<PayerOptions>? options = null)
        {
            var network = new Network();
            network.Gateway = await GatewayHost.StartAsync([], options, services => services.AddSingleton<INodeResolver>(network.Resolver));
            for (var at = 0; at < fronts; at++) await network.AddFrontAsync();
            network.Resolver.Addresses = [.. network.Fronts.Select(front => front.EndPoint)];
            network.Gateway.Register(network.Fronts[0].Registered with { Url = new Uri("http://node.test:5050") });
            await network.Gateway.CheckHealthAsync();
            return network;
        }

        public async Task<FakeNode> AddFrontAsync()
        {
            var front = await FakeNode.StartAsync(NodeId, Gateway.Clock);
            Fronts.Add(front);
            return front;
        }

        /// <summary>Publishes once, to see which front the gateway is connected to.</summary>
        public async Task<(FakeNode Serving, FakeNode Other)> FindServingAsync()
        {
            await Gateway.PublishAsync(Message(group: 0, "who"));
            return (Fronts.Single(front => front.Publishes.Count == 1), Fronts.Single(front => front.Publishes.Count == 0));
        }

        /// <summary>Publishes while no front is there; a successor at another address comes once the publish has looked for one.</summary>
        public async Task<(IReadOnlyList<SealedEnvelope> Answers, FakeNode Successor)> PublishUntilASuccessorComesAsync(ClientEnvelope envelope)
        {
            var asked = Resolver.Asked;
            var publish = Gateway.PublishAsync(envelope);
            await Eventually.TrueAsync(() => Resolver.Asked > asked, "the front is looked for");
            var successor = await AddFrontAsync();
            Resolver.Addresses = [successor.EndPoint];
            await Gateway.AdvanceUntilEndOfAsync(publish);
            return (await publish, successor);
        }

        public async ValueTask DisposeAsync()
        {
            await Gateway.DisposeAsync();
            foreach (var front in Fronts) await front.DisposeAsync();
        }
    }
}
