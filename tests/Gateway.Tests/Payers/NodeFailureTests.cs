using Google.Rpc;
using Grpc.Core;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class NodeFailureTests
{
    // Identifier of 16 zero bytes: tried at 200, 300, 100 (04 §3.1, V-04).
    private static readonly ClientEnvelope Envelope = Message(group: 0, "hello");

    public static TheoryData<StatusCode> Passing =>
    [
        StatusCode.Unavailable, StatusCode.DeadlineExceeded, StatusCode.ResourceExhausted, StatusCode.Aborted, StatusCode.Internal,
        StatusCode.Unknown, StatusCode.Cancelled,
    ];

    public static TheoryData<StatusCode> Permanent =>
    [
        StatusCode.InvalidArgument, StatusCode.FailedPrecondition, StatusCode.PermissionDenied, StatusCode.Unauthenticated,
        StatusCode.OutOfRange, StatusCode.Unimplemented,
    ];

    [Theory]
    [MemberData(nameof(Passing))]
    public async Task Publish_NodeFailsForNow_MovesToTheNextWithASignatureForThat(StatusCode code)
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        Fail(gateway.Nodes[1], code);

        var answer = Assert.Single(await gateway.PublishAsync(Envelope));

        Assert.Equal(new OriginatorId(300), answer.Originator);
        Assert.Equal(new OriginatorId(300), answer.Payer.Target);
        Assert.Equal([0, 1, 1], gateway.Nodes.Select(node => node.Publishes.Count));
    }

    [Theory]
    [MemberData(nameof(Permanent))]
    public async Task Publish_NodeRefusesForGood_PassesItOnAndTriesNobodyElse(StatusCode code)
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300], nodesHavePublishApi: false);
        Fail(gateway.Nodes[1], code, "the reason");

        var refusal = await gateway.RefuseAsync(Envelope);

        Assert.Equal((code, "the reason"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Equal([0, 1, 0], gateway.Nodes.Select(node => node.Publishes.Count));
    }

    [Fact]
    public async Task Publish_EveryNodeFails_ReturnsTheLastFailureAndTriesEachOnce()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        Fail(gateway.Nodes[1], StatusCode.Unavailable);
        Fail(gateway.Nodes[2], StatusCode.Internal);
        gateway.Nodes[0].OnPublish = _ => throw RpcErrors.ResourceExhausted("secret", TimeSpan.FromSeconds(7));

        var failure = await gateway.RefuseAsync(Envelope);

        Assert.Equal((StatusCode.ResourceExhausted, "the node takes no more for the moment"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(TimeSpan.FromSeconds(7), PublishTests.DetailOf<RetryInfo>(failure).RetryDelay.ToTimeSpan());
        Assert.Equal([1, 1, 1], gateway.Nodes.Select(node => node.Publishes.Count));
    }

    [Fact]
    public async Task Publish_MoreNodesThanAttempts_FailsWithTheLastFailureInsteadOfAnEmptyAnswer()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300], payer => payer.MaxAttempts = 2);
        foreach (var node in gateway.Nodes)
        {
            Fail(node, StatusCode.Unavailable);
        }

        var failure = await gateway.RefuseAsync(Envelope);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal([0, 1, 1], gateway.Nodes.Select(node => node.Publishes.Count));
    }

    [Fact]
    public async Task Publish_NodeThatFailedOnce_IsTriedAgainByTheNextRequest()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        var node = gateway.Nodes[1];
        var honest = node.OnPublish;
        Fail(node, StatusCode.Internal);
        await gateway.PublishAsync(Envelope);
        node.OnPublish = honest;

        var answer = Assert.Single(await gateway.PublishAsync(Message(group: 0, "again")));

        Assert.Equal(node.Id, answer.Originator);
    }

    [Fact]
    public async Task Publish_NodeAnswersTooLate_MovesToTheNext()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300], payer => payer.AttemptTimeout = TimeSpan.FromSeconds(3));
        var (arrived, release) = Hold(gateway.Nodes[1]);
        var publish = gateway.PublishAsync(Envelope);
        await arrived.WaitAsync(TestContext.Current.CancellationToken);

        gateway.Clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(new OriginatorId(300), Assert.Single(await publish).Originator);
        release();
    }

    [Fact]
    public async Task Publish_RequestTakesTooLong_EndsWithDeadlineExceeded()
    {
        await using var gateway = await GatewayHost.StartAsync(options: payer => payer.RequestTimeout = TimeSpan.FromSeconds(5));
        var (arrived, release) = Hold(gateway.Node);
        var publish = gateway.RefuseAsync(Envelope);
        await arrived.WaitAsync(TestContext.Current.CancellationToken);

        gateway.Clock.Advance(TimeSpan.FromSeconds(5));

        Assert.Equal(StatusCode.DeadlineExceeded, (await publish).StatusCode);
        release();
    }

    [Fact]
    public async Task Publish_NodeGone_MovesToTheNextAndIsNoLongerListed()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        await gateway.Nodes[1].StopAsync();

        var answer = Assert.Single(await gateway.PublishAsync(Envelope));

        Assert.Equal(new OriginatorId(300), answer.Originator);
        Assert.Equal([100u, 300u], (await gateway.GetNodesAsync()).Keys.Order());
    }

    [Fact]
    public async Task Publish_NodeBusy_StaysListed()
    {
        await using var gateway = await GatewayHost.StartAsync();
        Fail(gateway.Node, StatusCode.Unavailable);

        await gateway.RefuseAsync(Envelope);

        Assert.Equal([100u], (await gateway.GetNodesAsync()).Keys);
    }

    private static void Fail(FakeNode node, StatusCode code, string text = "no") =>
        node.OnPublish = _ => throw RpcRefusalException.Create(code, text);

    private static (Task Arrived, Action Release) Hold(FakeNode node)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.OnPublish = async envelopes =>
        {
            arrived.TrySetResult();
            await released.Task;
            return node.Accept(envelopes);
        };
        return (arrived.Task, released.SetResult);
    }
}
