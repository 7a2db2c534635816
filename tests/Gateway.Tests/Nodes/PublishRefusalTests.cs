using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;
using Cursor = XmtpOrleans.Protocol.Cursors.Cursor;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public sealed class PublishRefusalTests
{
    private const string Index0 = "error processing payer envelopes:could not validate envelope. index 0: invalid_argument: ";

    [Fact]
    public async Task Publish_OneOfThreeIsBroken_NamesItAndPublishesNothing()
    {
        await using var node = await NodeHost.StartAsync();

        var refusal = await node.RefusePublishAsync(NodeHost.Signed(Message(1, "a")), [0xFF], NodeHost.Signed(Message(1, "c")));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith("error processing payer envelopes:could not validate envelope. index 1: invalid_argument: could not unmarshal payer envelope", refusal.Status.Detail);
        Assert.Empty(node.Publisher.Requests);
    }

    [Fact]
    public async Task Publish_SeveralBroken_JoinsTheirTextsByLines()
    {
        await using var node = await NodeHost.StartAsync();

        var refusal = await node.RefusePublishAsync(NodeHost.Signed(Message(1, "a"), retentionDays: 1), NodeHost.Signed(Message(1, "b"), retentionDays: 366));

        Assert.Equal(
            $"{Index0}invalid expiry retention days. Must be >= 2\n"
                + "could not validate envelope. index 1: invalid_argument: invalid expiry retention days. Must be <= 365",
            refusal.Status.Detail);
    }

    [Fact]
    public async Task Publish_AThousandBroken_AnswersWithAStatusThatFitsIntoTrailers()
    {
        await using var node = await NodeHost.StartAsync();

        var refusal = await node.RefusePublishAsync([.. Enumerable.Repeat(new byte[] { 0xFF }, 1_000)]);

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.EndsWith("\nand 992 more", refusal.Status.Detail);
        Assert.InRange(refusal.Status.Detail.Length, 1, 2_010);
    }

    [Fact]
    public async Task Publish_TwoPayers_IsRefused()
    {
        await using var node = await NodeHost.StartAsync();

        var refusal = await node.RefusePublishAsync(NodeHost.Signed(Message(1, "a"), key: 1), NodeHost.Signed(Message(1, "b"), key: 2));

        Assert.Equal("error processing payer envelopes:all envelopes in a request must be from the same payer", refusal.Status.Detail);
        Assert.Empty(node.Publisher.Requests);
    }

    [Theory]
    [InlineData(0, "node ID 0 specified in DependsOn has not been seen by this node")]
    [InlineData(1, "sequence ID 9 for node ID 1 specified in DependsOn exceeds last seen sequence ID 5")]
    public async Task Publish_DependencyAhead_WaitsAndSaysWhenToRetry(uint originator, string text)
    {
        await using var node = await NodeHost.StartAsync();
        node.Reader.Marks = Cursor.Of(new OriginatorId(1), new SequenceId(5));

        var refusal = await node.RefusePublishAsync(NodeHost.Signed(DependingOn(originator, 9)));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Equal(Index0 + text, refusal.Status.Detail);
        Assert.Equal(TimeSpan.FromSeconds(1), refusal.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan());
        Assert.Equal((Cursor.Of(new OriginatorId(originator), new SequenceId(9)), TimeSpan.FromSeconds(1)), Assert.Single(node.Reader.Waits));
        Assert.Empty(node.Publisher.Requests);
    }

    [Fact]
    public async Task Publish_DependencyOnANode_IsRefusedForGoodWithoutAWait()
    {
        await using var node = await NodeHost.StartAsync();

        var refusal = await node.RefusePublishAsync(NodeHost.Signed(DependingOn(200, 1)));

        Assert.Equal(
            $"{Index0}node ID 200 specified in DependsOn is not a valid node ID, a message can not depend on a non-commit", refusal.Status.Detail);
        Assert.Null(refusal.GetRpcStatus()?.GetDetail<RetryInfo>());
        Assert.Empty(node.Reader.Waits);
    }

    [Fact]
    public async Task Publish_DependencyReached_IsPublished()
    {
        await using var node = await NodeHost.StartAsync();
        node.Reader.Marks = Cursor.Of(new OriginatorId(0), new SequenceId(9));

        await node.PublishAsync(NodeHost.Signed(DependingOn(0, 9)));

        Assert.Single(node.Publisher.Requests);
    }

    [Fact]
    public async Task Publish_WithADeadline_WaitsNoLongerThanThat()
    {
        await using var node = await NodeHost.StartAsync();
        await node.PublishAsync(NodeHost.Signed(Message(1, "no deadline")));
        Assert.Equal(Timeout.InfiniteTimeSpan, node.Publisher.Patience);

        node.Deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5);
        await node.PublishAsync(NodeHost.Signed(Message(1, "in five minutes")));

        Assert.InRange(node.Publisher.Patience!.Value, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(5));
    }

    [Fact]
    public async Task Publish_OneWaitsForItsDependency_OthersAreAnsweredMeanwhile()
    {
        await using var node = await NodeHost.StartAsync();
        var arrives = new TaskCompletionSource();
        node.Reader.MarksWait = arrives.Task;
        var slow = node.PublishAsync(NodeHost.Signed(DependingOn(0, 1)));

        await node.PublishAsync(NodeHost.Signed(Message(1, "other")));

        Assert.False(slow.IsCompleted);
        node.Reader.Marks = Cursor.Of(new OriginatorId(0), new SequenceId(1));
        arrives.SetResult();
        await slow;
        Assert.Equal(2, node.Publisher.Requests.Count);
    }

    [Fact]
    public async Task Publish_QueueIsFull_IsUnavailableBeforeAnythingIsRead()
    {
        await using var node = await NodeHost.StartAsync();
        node.Publisher.IsFull = true;

        var refusal = await node.RefusePublishAsync([0xFF]);

        Assert.Equal(StatusCode.Unavailable, refusal.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(2), refusal.GetRpcStatus()?.GetDetail<RetryInfo>()?.RetryDelay.ToTimeSpan());
    }

    private static ClientEnvelope DependingOn(uint originator, ulong sequence)
    {
        var envelope = Message(1, "depends");
        envelope.Aad.DependsOn = new Xmtp.Xmtpv4.Envelopes.Cursor { NodeIdToSequenceId = { [originator] = sequence } };
        return envelope;
    }
}
