using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class IdentityUpdateTests
{
    private static readonly ClientEnvelope Created = Recorded("register_alix_eoa", at: 1);
    private static readonly ClientEnvelope SecondInstallation = Recorded("register_alix_second_installation", at: 1);
    private static readonly ClientEnvelope Wallet = Recorded("alix_add_wallet3", at: 0);

    [Fact]
    public async Task Publish_UpdatesInTheirOrder_AreAccepted()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var answers = await gateway.PublishAsync(Created, SecondInstallation, Wallet);

        Assert.Equal([1ul, 2ul, 3ul], answers.Select(answer => answer.Sequence.Value));
    }

    [Fact]
    public async Task Publish_InboxOfManyPages_IsReadToItsEnd()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.PageSize = 1;
        await gateway.PublishAsync(Created, SecondInstallation);

        Assert.Single(await gateway.PublishAsync(Wallet));
    }

    [Fact]
    public async Task Publish_UpdateThatDoesNotApply_IsRefusedWithTheReasonAndNotBroadcast()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var refusal = await gateway.RefuseAsync(Wallet);

        Assert.Equal((StatusCode.InvalidArgument, "identity update refused: XID not yet created"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Empty(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_UpdateWithAWrongSignature_IsRefusedWithoutAskingANode()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var forged = Created.Clone();
        forged.IdentityUpdate.ClientTimestampNs += 60_000_000_000; // the signed text tells the second
        gateway.Node.OnQuery = () => Assert.Fail("a node was asked");

        var refusal = await gateway.RefuseAsync(forged);

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith("identity update refused: ", refusal.Status.Detail);
        Assert.Empty(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_UpdateStoredLongAgo_IsAnsweredAsStored()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var first = Assert.Single(await gateway.PublishAsync(Created));
        gateway.Clock.Advance(TimeSpan.FromHours(1));
        await gateway.CheckHealthAsync();

        var again = Assert.Single(await gateway.PublishAsync(Created));

        Assert.Equal(first.Bytes.ToArray(), again.Bytes.ToArray());
        Assert.Single(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_UpdateLosesARace_IsRefusedWithTheReason()
    {
        await using var gateway = await GatewayHost.StartAsync();
        await gateway.PublishAsync(Created);

        // The same update in another envelope comes first in the chain's order, from another gateway.
        var other = SecondInstallation.Clone();
        other.Aad.DependsOn = new Cursor { NodeIdToSequenceId = { [1] = 1 } };
        gateway.Chain.OnEvent = appended =>
        {
            gateway.Node.Store(appended with { Sequence = new SequenceId(2), Payload = other.ToByteArray() });
            gateway.Node.Pass(appended);
        };
        gateway.Chain.Skip(ChainContract.IdentityUpdates);

        var refusal = await gateway.RefuseAsync(SecondInstallation);

        Assert.Equal(StatusCode.Aborted, refusal.StatusCode);
        Assert.Equal("another identity update of this inbox came first: Replay detected", refusal.Status.Detail);
    }

    [Fact]
    public async Task Publish_OneNodeIsBehind_AsksTheOther()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200]);
        gateway.Chain.OnEvent = appended => gateway.Nodes[1].Store(appended);
        var first = gateway.PublishAsync(Created);
        await gateway.AdvanceUntilEndOfAsync(first);
        gateway.Chain.OnEvent = appended => gateway.Nodes.ToList().ForEach(node => node.Store(appended));
        await gateway.CheckHealthAsync();

        Assert.Single(await gateway.PublishAsync(SecondInstallation));
    }

    [Fact]
    public async Task Publish_ChainOfAContractWalletAway_IsUnavailableUntilItAnswers()
    {
        var wallets = new FakeWallets { Verdict = new WalletVerdict(WalletVerdictKind.Unavailable, "HTTP error 429") };
        await using var gateway = await GatewayHost.StartAsync(services: services => services.AddSingleton<IWalletVerifier>(wallets));

        var refusal = await gateway.RefuseAsync(ContractWalletUpdate.Envelope);
        Assert.Equal((StatusCode.Unavailable, "identity update refused: HTTP error 429"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.NotNull(PublishTests.DetailOf<RetryInfo>(refusal));
        Assert.Empty(gateway.Chain.Events);

        wallets.Verdict = new WalletVerdict(WalletVerdictKind.Valid);
        Assert.Single(await gateway.PublishAsync(ContractWalletUpdate.Envelope));
    }

    [Theory]
    [InlineData(WalletVerdictKind.Invalid)]
    [InlineData(WalletVerdictKind.Reverted)]
    [InlineData(WalletVerdictKind.NoVerifier)]
    public async Task Publish_ContractWalletRefuses_IsTheClientsFaultAndNotBroadcast(WalletVerdictKind verdict)
    {
        var wallets = new FakeWallets { Verdict = new WalletVerdict(verdict, "why") };
        await using var gateway = await GatewayHost.StartAsync(services: services => services.AddSingleton<IWalletVerifier>(wallets));

        Assert.Equal(StatusCode.InvalidArgument, (await gateway.RefuseAsync(ContractWalletUpdate.Envelope)).StatusCode);
        Assert.Empty(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_NodeServesABrokenInbox_IsUnavailableAndNotBroadcast()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.Store(LocalChainEvents.Of(
            ChainContract.IdentityUpdates,
            new SequenceId(1),
            Topic.Of(TopicKind.IdentityUpdates, Created.Aad.TargetTopic.Span[1..]).Identifier.ToArray(),
            Wallet.ToByteArray(),
            block: 1,
            blockTimeNs: 1));

        Assert.Equal(StatusCode.Unavailable, (await gateway.RefuseAsync(Created)).StatusCode);
        Assert.Empty(gateway.Chain.Events);
    }

    private sealed class FakeWallets : IWalletVerifier
    {
        public required WalletVerdict Verdict { get; set; }

        public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<WalletVerdict>>([.. checks.Select(_ => Verdict)]);
    }
}
