using Google.Protobuf;
using Grpc.Core;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class ChainBoundTests
{
    [Fact]
    public async Task Publish_Commit_IsBroadcastAsItCameAndAnsweredAsStored()
    {
        await using var gateway = await GatewayHost.StartAsync();
        byte[] stored = [];
        gateway.Chain.OnEvent = appended => stored = gateway.Node.Store(appended);
        var commit = Commit(group: 3, "commit");

        var answer = Assert.Single(await gateway.PublishAsync(commit));

        var appended = Assert.Single(gateway.Chain.Events);
        Assert.Equal(ChainContract.GroupMessages, appended.Contract);
        Assert.Equal(Enumerable.Repeat((byte)3, 16), appended.Identifier);
        Assert.Equal(commit.ToByteArray(), appended.Payload);
        Assert.Equal(stored, answer.Bytes.ToArray());
        Assert.Empty(gateway.Node.Publishes);
    }

    [Fact]
    public async Task Publish_IdentityUpdate_IsBroadcastAndAnsweredAsStored()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var answer = Assert.Single(await gateway.PublishAsync(IdentityUpdate()));

        Assert.Equal((OriginatorId.IdentityUpdatesChain, new SequenceId(1)), (answer.Originator, answer.Sequence));
        Assert.Equal(ChainContract.IdentityUpdates, Assert.Single(gateway.Chain.Events).Contract);
    }

    [Fact]
    public async Task Publish_NodeStoresLater_WaitsForIt()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var appended = WhenBroadcast(gateway);
        var publish = gateway.PublishAsync(Commit(1, "commit"));
        var known = await appended;
        Assert.False(publish.IsCompleted);

        gateway.Node.Store(known);

        Assert.Single(await publish);
    }

    [Fact]
    public async Task Publish_OneOfTwoNodesStoresLater_WaitsForBoth()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200]);
        var appended = WhenBroadcast(gateway);
        var publish = gateway.PublishAsync(Commit(1, "commit"));
        var known = await appended;
        var queried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Nodes[0].OnQuery = () => queried.TrySetResult();
        gateway.Nodes[0].Store(known);
        await queried.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.False(publish.IsCompleted);

        gateway.Nodes[1].Store(known);

        Assert.Single(await publish);
    }

    [Fact]
    public async Task Publish_OneOfTwoNodesNeverShowsIt_IsPublishedAtTheLimit()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200]);
        var queried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Nodes[0].OnQuery = () => queried.TrySetResult();
        gateway.Chain.OnEvent = appended => gateway.Nodes[0].Store(appended);
        var publish = gateway.PublishAsync(Commit(1, "commit"));
        await queried.Task.WaitAsync(TestContext.Current.CancellationToken);

        await gateway.AdvanceUntilEndOfAsync(publish);

        Assert.Single(await publish);
    }

    [Fact]
    public async Task Publish_NoNodeShowsIt_IsUnavailableAndSucceedsLaterUnderTheSameNumber()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var appended = WhenBroadcast(gateway);
        var publish = gateway.RefuseAsync(Commit(1, "commit"));
        var known = await appended;

        await gateway.AdvanceUntilEndOfAsync(publish);

        Assert.Equal((StatusCode.Unavailable, "the chain has it, but no node shows it yet"), ((await publish).StatusCode, (await publish).Status.Detail));
        gateway.Node.Store(known);
        await gateway.CheckHealthAsync();
        Assert.Equal(known.Sequence, Assert.Single(await gateway.PublishAsync(Commit(1, "commit"))).Sequence);
    }

    [Fact]
    public async Task Publish_NodeRecordsTheCommitAsRejected_IsRefusedAtOnce()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Chain.OnEvent = gateway.Node.Pass;

        var refusal = await gateway.RefuseAsync(Commit(1, "commit"));

        Assert.Equal((StatusCode.InvalidArgument, "the network did not accept the message"), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task Publish_NodeRecordsItAsRejectedAndGoesOn_IsNotAnsweredWithWhatFollows()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Chain.OnEvent = appended => gateway.Node.Store(
            LocalChainEvents.Of(appended.Contract, appended.Sequence.Next(), appended.Identifier, appended.Payload, 9, 9));

        Assert.Equal(StatusCode.InvalidArgument, (await gateway.RefuseAsync(Commit(1, "commit"))).StatusCode);
    }

    [Theory]
    [InlineData("payload")]
    [InlineData("transaction")]
    public async Task Publish_NodeShowsAnotherEnvelopeUnderItsNumber_IsNoSuccess(string difference)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Chain.OnEvent = appended => gateway.Node.Store(
            appended,
            difference == "payload" ? Commit(1, "another").ToByteArray() : null,
            difference == "transaction" ? new byte[32] : null);

        Assert.Equal(StatusCode.Unavailable, (await gateway.RefuseAsync(Commit(1, "commit"))).StatusCode);
    }

    [Fact]
    public async Task Publish_ChainRefuses_IsInvalidWithItsReason()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Chain.Refusal = "payload must have 78 to 262144 bytes, not 1";

        var refusal = await gateway.RefuseAsync(Commit(1, "commit"));

        Assert.Equal((StatusCode.InvalidArgument, gateway.Chain.Refusal), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task Publish_NoNodeListed_DoesNotBroadcast()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.State.MoveTo(ServingPhase.Leaving);
        await gateway.CheckHealthAsync();

        Assert.Equal(StatusCode.Unavailable, (await gateway.RefuseAsync(Commit(1, "commit"))).StatusCode);
        Assert.Empty(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_SeveralCommits_AreBroadcastInTheirOrder()
    {
        await using var gateway = await GatewayHost.StartAsync();
        ClientEnvelope[] commits = [.. Enumerable.Range(0, 10).Select(at => Commit((byte)(at % 3), $"commit {at}"))];

        var answers = await gateway.PublishAsync(commits);

        Assert.Equal(commits.Select(commit => commit.ToByteString()), gateway.Chain.Events.Select(known => ByteString.CopyFrom(known.Payload)));
        Assert.Equal(Enumerable.Range(1, 10).Select(at => (ulong)at), answers.Select(answer => answer.Sequence.Value));
    }

    private static Task<ChainEvent> WhenBroadcast(GatewayHost gateway)
    {
        var appended = new TaskCompletionSource<ChainEvent>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.Chain.OnEvent = known => appended.TrySetResult(known);
        return appended.Task.WaitAsync(TestContext.Current.CancellationToken);
    }
}
