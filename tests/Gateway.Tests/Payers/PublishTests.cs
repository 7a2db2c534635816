using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Grpc.Core;
using Google.Protobuf;
using Google.Rpc;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class PublishTests
{
    [Fact]
    public async Task Publish_Message_ReachesTheNodeSignedAndReturnsItsEnvelope()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var message = Message(group: 1, "hello");

        var answer = Assert.Single(await gateway.PublishAsync(message));

        var sent = Assert.Single(Assert.Single(gateway.Node.Publishes));
        Assert.Equal(message.ToByteArray(), sent.Client.Bytes.ToArray());
        Assert.Equal((new OriginatorId(100), 60u), (sent.Target, sent.RetentionDays));
        Assert.Equal(GatewayHost.Payer, SignerOf(sent));
        Assert.Equal((new OriginatorId(100), new SequenceId(1)), (answer.Originator, answer.Sequence));
        Assert.Equal(sent.Bytes.ToArray(), answer.Payer.Bytes.ToArray());
    }

    [Fact]
    public async Task Publish_KeyPackage_ReachesTheNode()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var answer = Assert.Single(await gateway.PublishAsync(KeyPackage()));

        Assert.Equal(new OriginatorId(100), answer.Originator);
    }

    [Fact]
    public async Task Publish_UnderTheNewService_IsTheSame()
    {
        await using var gateway = await GatewayHost.StartAsync();

        Assert.Single(await gateway.PublishAsync("xmtp.xmtpv4.gateway_api.GatewayApi", [Message(group: 1, "hello")]));
    }

    [Fact]
    public async Task Publish_SeveralTopics_GoToOneNodeInOneRequestInTheirOrder()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        Xmtp.Xmtpv4.Envelopes.ClientEnvelope[] envelopes =
            [.. Enumerable.Range(0, 40).Select(at => Welcome((byte)at, $"welcome {at}"))];

        var answers = await gateway.PublishAsync(envelopes);

        var request = Assert.Single(gateway.Nodes.SelectMany(node => node.Publishes));
        Assert.Equal(envelopes.Select(sent => sent.ToByteString()), request.Select(sent => ByteString.CopyFrom(sent.Client.Bytes.Span)));
        Assert.Equal(Enumerable.Range(1, 40).Select(at => (ulong)at), answers.Select(answer => answer.Sequence.Value));
    }

    [Fact]
    public async Task Publish_SeveralNodes_FollowsTheMappingOfTopics()
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);

        var answer = Assert.Single(await gateway.PublishAsync(Message(group: 0, "identifier of 16 zero bytes")));

        Assert.Equal(new OriginatorId(200), answer.Originator);
    }

    [Fact]
    public async Task Publish_NodeWithoutPublishApi_FallsBackAndRemembersIt()
    {
        await using var gateway = await GatewayHost.StartAsync(nodesHavePublishApi: false);

        await gateway.PublishAsync(Message(group: 1, "first"));
        await gateway.PublishAsync(Message(group: 1, "second"));

        Assert.Equal(["ReplicationApi", "ReplicationApi"], gateway.Node.PublishServices);
    }

    [Fact]
    public async Task Publish_NodeWithPublishApi_UsesThatFirst()
    {
        await using var gateway = await GatewayHost.StartAsync();

        await gateway.PublishAsync(Message(group: 1, "first"));

        Assert.Equal(["PublishApi"], gateway.Node.PublishServices);
    }

    [Fact]
    public async Task Publish_NoEnvelopes_IsInvalid()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var refusal = await gateway.RefuseAsync();

        Assert.Equal((StatusCode.InvalidArgument, "no envelopes"), (refusal.StatusCode, refusal.Status.Detail));
    }

    [Fact]
    public async Task Publish_TooManyEnvelopes_IsInvalid()
    {
        await using var gateway = await GatewayHost.StartAsync(options: payer => payer.MaxEnvelopes = 1);

        var refusal = await gateway.RefuseAsync(Message(1, "a"), Message(1, "b"));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains("too many envelopes: 2", refusal.Status.Detail);
    }

    [Fact]
    public async Task Publish_ReservedTopic_IsInvalidAndReachesNobody()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var refusal = await gateway.RefuseAsync(Message(1, "fine"), Report());

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Equal("reserved topics cannot be published to by gateways. index 1", refusal.Status.Detail);
        Assert.Empty(gateway.Node.Publishes);
        Assert.Equal("envelopes[1]", Assert.Single(DetailOf<BadRequest>(refusal).FieldViolations).Field);
    }

    [Fact]
    public async Task Publish_UndecodableMessage_NamesTheFieldAndReachesNobody()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var broken = Message(1, "broken");
        broken.GroupMessage.V1.Data = ByteString.CopyFrom(1, 2, 3);

        var refusal = await gateway.RefuseAsync(broken, Commit(1, "fine"));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains("index 0", refusal.Status.Detail);
        Assert.Contains("invalid payload", refusal.Status.Detail);
        Assert.Empty(gateway.Node.Publishes);
        Assert.Empty(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_WithoutAad_NamesIt()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var bare = Message(1, "bare");
        bare.Aad = null;

        var refusal = await gateway.RefuseAsync(bare);

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.Contains("index 0: invalid payload: aad is missing", refusal.Status.Detail);
    }

    [Fact]
    public async Task Publish_ManyBrokenEnvelopes_AnswersWithAStatusThatFitsIntoTrailers()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var refusal = await gateway.RefuseAsync([.. Enumerable.Repeat(Report(), 500)]);

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.True(refusal.Trailers.Sum(trailer => trailer.IsBinary ? trailer.ValueBytes.Length : trailer.Value.Length) < 8_000);
    }

    [Fact]
    public async Task Publish_CommitAboveTheChainsLimit_IsInvalid()
    {
        await using var gateway = await GatewayHost.StartAsync(options: payer => payer.MaxChainPayloadBytes = 1_000);

        var refusal = await gateway.RefuseAsync(Message(1, new string('m', 2_000)), Commit(1, new string('c', 2_000)));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.StartsWith("message at index 1 too large", refusal.Status.Detail);
        Assert.Empty(gateway.Node.Publishes);
    }

    [Fact]
    public async Task Publish_NothingRegistered_IsUnavailable()
    {
        await using var gateway = await GatewayHost.StartAsync([]);

        var message = await gateway.RefuseAsync(Message(1, "hello"));
        var commit = await gateway.RefuseAsync(Commit(1, "hello"));

        Assert.Equal((StatusCode.Unavailable, "no available nodes"), (message.StatusCode, message.Status.Detail));
        Assert.Equal((StatusCode.Unavailable, "no available nodes"), (commit.StatusCode, commit.Status.Detail));
        Assert.Empty(gateway.Chain.Events);
    }

    [Fact]
    public async Task Publish_MessageAndCommit_AnswersAtTheirIndexes()
    {
        await using var gateway = await GatewayHost.StartAsync();

        var answers = await gateway.PublishAsync(Message(1, "a"), Commit(1, "b"), Message(1, "c"), IdentityUpdate());

        Assert.Equal([100u, 0u, 100u, 1u], answers.Select(answer => answer.Originator.Value));
        Assert.Equal(2, Assert.Single(gateway.Node.Publishes).Count);
    }

    [Fact]
    public async Task Publish_OneCommitFails_FinishesTheRestAndListsTheFailed()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Chain.Failure = new StoreException("away", innerException: null, isTransient: true);
        Xmtp.Xmtpv4.Envelopes.ClientEnvelope[] envelopes = [Message(1, "a"), Commit(1, "b"), Commit(2, "c"), Message(1, "d"), Commit(3, "e")];

        var failure = await gateway.RefuseAsync(envelopes);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Equal("3 of 5 envelopes were not published; index 1: the chain is not available", failure.Status.Detail);
        var info = DetailOf<ErrorInfo>(failure);
        Assert.Equal(("UNAVAILABLE", "1-2,4"), (info.Reason, info.Metadata["indexes"]));
        Assert.Equal(TimeSpan.FromSeconds(1), DetailOf<RetryInfo>(failure).RetryDelay.ToTimeSpan());

        // What did succeed is known when the client sends everything again.
        gateway.Chain.Failure = null;
        var answers = await gateway.PublishAsync(envelopes);
        Assert.Single(gateway.Node.Publishes);
        Assert.Equal([100u, 0u, 0u, 100u, 0u], answers.Select(answer => answer.Originator.Value));
    }

    [Fact]
    public async Task Publish_PassingAndPermanentFaults_AnswersWithThePermanentOneAndListsBoth()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.OnPublish = _ => throw RpcErrors.Unavailable("busy");
        gateway.Chain.Refusal = "too small";

        var failure = await gateway.RefuseAsync(Message(1, "a"), Commit(1, "b"));

        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
        Assert.Equal("2 of 2 envelopes were not published; index 1: too small", failure.Status.Detail);
        var details = failure.GetRpcStatus()!.Details.Where(detail => detail.Is(ErrorInfo.Descriptor)).Select(detail => detail.Unpack<ErrorInfo>());
        Assert.Equal(
            [("UNAVAILABLE", "0"), ("INVALID_ARGUMENT", "1")], details.Select(detail => (detail.Reason, detail.Metadata["indexes"])));
    }

    [Fact]
    public async Task Publish_ManyOverlappingRequestsAtOnce_PublishesEachEnvelopeOnce()
    {
        const int Seed = 7;
        await using var gateway = await GatewayHost.StartAsync([100, 200]);
        var random = new Random(Seed);
        var envelopes = Enumerable.Range(0, 60).Select(at => at % 5 == 0 ? Commit((byte)at, $"{at}") : Message((byte)at, $"{at}")).ToArray();
        var requests = Enumerable.Range(0, 80).Select(_ => random.GetItems(envelopes, random.Next(1, 8))).ToList();

        var answers = await Task.WhenAll(requests.Select(request => gateway.PublishAsync(request)));

        var published = gateway.Nodes.SelectMany(node => node.Publishes).SelectMany(request => request).Select(sent => Text(sent.Client)).ToList();
        Assert.True(published.Count == published.Distinct().Count(), $"something was published twice; seed {Seed}");
        for (var at = 0; at < requests.Count; at++)
        {
            Assert.Equal(requests[at].Select(sent => sent.ToByteString()), answers[at].Select(answer => Text(answer.Payer.Client)));
        }

        static ByteString Text(ParsedClientEnvelope client) => ByteString.CopyFrom(client.Bytes.Span);
    }

    [Fact]
    public async Task Publish_Answered_IsCountedUnderItsOriginator()
    {
        await using var gateway = await GatewayHost.StartAsync();
        var originated = new ConcurrentBag<(string? Originator, long Count)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Name == "xmtp.gateway.messages.originated" && gateway.Owns(instrument.Meter)) listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) => originated.Add((tags[0].Value?.ToString(), count)));
        listener.Start();

        await gateway.PublishAsync(Message(1, "a"), Message(1, "b"), Commit(1, "c"));

        Assert.Equal([("0", 1), ("100", 2)], originated.Order());
    }

    [Fact]
    public async Task Publish_AuthorizerRefuses_IsDeniedAndReachesNobody()
    {
        var authorizer = new CountingAuthorizer(maxEnvelopes: 1);
        await using var gateway = await GatewayHost.StartAsync(
            services: services => Microsoft.Extensions.DependencyInjection.ServiceCollectionServiceExtensions
                .AddSingleton<IPublishAuthorizer>(services, authorizer));

        await gateway.PublishAsync(Message(1, "a"));
        var refusal = await gateway.RefuseAsync(Message(1, "b"), Commit(1, "c"));

        Assert.Equal((StatusCode.PermissionDenied, "unauthorized"), (refusal.StatusCode, refusal.Status.Detail));
        Assert.Single(gateway.Node.Publishes);
        Assert.Equal("127.0.0.1", authorizer.Identity!.Id);
        Assert.Equal((2, 1), (authorizer.Summary!.Envelopes, authorizer.Summary.ChainEnvelopes));
        Assert.InRange(authorizer.Summary.NodeFees.Value, 100 + (200 * 100 * 60), 100 + (200 * 400 * 60) + 30_000);
    }

    internal static T DetailOf<T>(RpcException failure)
        where T : class, IMessage<T>, new() => failure.GetRpcStatus()!.GetDetail<T>()!;

    private static EthereumAddress SignerOf(ParsedPayerEnvelope envelope)
    {
        var hash = new byte[Secp256k1.HashSize];
        SigningHashes.Payer(envelope.Target, envelope.Client.Bytes.Span, hash);
        Assert.True(Secp256k1.TryRecover(hash, envelope.PayerSignature.Span, out var signer));
        return signer;
    }

    private sealed class CountingAuthorizer(int maxEnvelopes) : IPublishAuthorizer
    {
        public RpcIdentity? Identity { get; private set; }

        public PublishSummary? Summary { get; private set; }

        public ValueTask<bool> AuthorizeAsync(RpcIdentity identity, PublishSummary request, CancellationToken cancellationToken)
        {
            (Identity, Summary) = (identity, request);
            return ValueTask.FromResult(request.Envelopes <= maxEnvelopes);
        }
    }
}
