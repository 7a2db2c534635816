using Grpc.Core;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class RepeatedPublishTests
{
    [Fact]
    public async Task Publish_SameEnvelopeAgain_AnswersTheSameWithoutPublishing()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var first = Assert.Single(await gateway.PublishAsync(Message(1, "a")));
        gateway.Clock.Advance(TimeSpan.FromMinutes(9));

        var again = Assert.Single(await gateway.PublishAsync(Message(1, "a")));

        Assert.Equal(first.Bytes.ToArray(), again.Bytes.ToArray());
        Assert.Single(gateway.Node.Publishes);
    }

    [Fact]
    public async Task Publish_SameEnvelopeAfterTenMinutes_IsANewPublish()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.PublishAsync(Message(1, "a"));
        gateway.Clock.Advance(TimeSpan.FromMinutes(10) + TimeSpan.FromSeconds(1));

        var again = Assert.Single(await gateway.PublishAsync(Message(1, "a")));

        Assert.Equal(new SequenceId(2), again.Sequence);
    }

    [Fact]
    public async Task Publish_SameEnvelopeTwiceInARequest_IsPublishedOnce()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var answers = await gateway.PublishAsync(Message(1, "a"), Message(1, "b"), Message(1, "a"));

        Assert.Equal([1ul, 2ul, 1ul], answers.Select(answer => answer.Sequence.Value));
        Assert.Equal(2, Assert.Single(gateway.Node.Publishes).Count);
    }

    [Fact]
    public async Task Publish_SameEnvelopeAtTheSameTime_JoinsThePublishUnderWay()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var (arrived, release) = HoldOnce(gateway.Node);
        var first = gateway.PublishAsync(Message(1, "a"));
        await arrived.WaitAsync(TestContext.Current.CancellationToken);

        // Its own envelope shows that the second request has arrived and claimed what it could.
        var second = gateway.PublishAsync(Message(1, "a"), Message(1, "b"));
        await WaitForPublishesAsync(gateway.Node, count: 2);
        release();

        var shared = Assert.Single(await first);
        Assert.Equal(shared.Bytes.ToArray(), (await second)[0].Bytes.ToArray());
        Assert.Equal(2, gateway.Node.Publishes.Count);
    }

    [Fact]
    public async Task Publish_CallerOfAPublishUnderWayGivesUp_IsTakenOverByWhoeverWaits()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var (arrived, release) = HoldOnce(gateway.Node);
        using var givenUp = new CancellationTokenSource();
        var first = gateway.PublishAsync("xmtp.xmtpv4.payer_api.PayerApi", [Message(1, "a")], givenUp.Token);
        await arrived.WaitAsync(TestContext.Current.CancellationToken);
        var second = gateway.PublishAsync(Message(1, "a"), Message(1, "b"));
        await WaitForPublishesAsync(gateway.Node, count: 2);

        await givenUp.CancelAsync();

        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => first)).StatusCode);
        Assert.Equal(2, (await second).Count);
        Assert.Equal(["a", "b", "a"], gateway.Node.Publishes.Select(request => TextOf(Assert.Single(request))));
        release();
    }

    [Fact]
    public async Task Publish_FailedBefore_IsTriedAgain()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var honest = gateway.Node.OnPublish;
        gateway.Node.OnPublish = _ => throw new InvalidOperationException("broken");
        await gateway.RefuseAsync(Message(1, "a"));
        gateway.Node.OnPublish = honest;

        Assert.Single(await gateway.PublishAsync(Message(1, "a")));
    }

    [Fact]
    public async Task Publish_MoreThanIsRemembered_ForgetsTheOldest()
    {
        await using var gateway = await GatewayHost.StartAsync(options: payer => payer.MaxRememberedBytes = 1_000);
        await gateway.PublishAsync(Message(1, "a"));
        await gateway.PublishAsync(Message(1, "b"));
        await gateway.PublishAsync(Message(1, "c"));

        await gateway.PublishAsync(Message(1, "c"));
        Assert.Equal(3, gateway.Node.Publishes.Count);
        await gateway.PublishAsync(Message(1, "a"));
        Assert.Equal(4, gateway.Node.Publishes.Count);
    }

    private static string TextOf(ParsedPayerEnvelope envelope) =>
        envelope.Client.Message.GroupMessage.V1.Data.ToStringUtf8()[^1..];

    // The first publish waits for its release; later ones are answered at once.
    private static (Task Arrived, Action Release) HoldOnce(FakeNode node)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        node.OnPublish = async envelopes =>
        {
            if (arrived.TrySetResult()) await released.Task;
            return node.Accept(envelopes);
        };
        return (arrived.Task, released.SetResult);
    }

    private static async Task WaitForPublishesAsync(FakeNode node, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (node.Publishes.Count < count)
        {
            Assert.False(limit.IsCancellationRequested, $"{node.Publishes.Count} publishes arrived, not {count}");
            await Task.Yield();
        }
    }
}
