using Grpc.Core;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Protocol.Envelopes;
using static XmtpOrleans.Gateway.Tests.Payers.TestEnvelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

public sealed class WrongAnswerTests
{
    public static TheoryData<string> Lies => ["none", "fewer", "more", "other key", "other originator", "other payer bytes", "old", "dear", "no envelope"];

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Publish_NodeLies_IsNoSuccess(string lie)
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.OnPublish = envelopes => Task.FromResult(Lie(gateway.Node, envelopes, lie));

        var failure = await gateway.RefuseAsync(Message(1, "a"), Message(1, "b"));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.Contains("wrong answer", failure.Status.Detail);
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task Publish_OneNodeLies_MovesToTheNext(string lie)
    {
        await using var gateway = await GatewayHost.StartAsync([100, 200, 300]);
        var liar = gateway.Nodes[1];
        liar.OnPublish = envelopes => Task.FromResult(Lie(liar, envelopes, lie));

        var answers = await gateway.PublishAsync(Message(group: 0, "a"), Message(group: 0, "b"));

        Assert.Equal([new OriginatorId(300), new OriginatorId(300)], answers.Select(answer => answer.Originator));
    }

    [Fact]
    public async Task Publish_NodeAnswersGarbage_IsUnavailable()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.Garbage = [0x0A, 0xFF, 0xFF, 0xFF, 0x7F];

        Assert.Equal(StatusCode.Unavailable, (await gateway.RefuseAsync(Message(1, "a"))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await gateway.RefuseAsync(Commit(1, "b"))).StatusCode);
    }

    [Fact]
    public async Task Publish_NodeRefusesAtLength_AnswersWithAStatusThatFitsIntoTrailers()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.OnPublish = _ => throw RpcErrors.InvalidArgument(new string('x', 10_000));

        var refusal = await gateway.RefuseAsync(Message(1, "a"));

        Assert.Equal(StatusCode.InvalidArgument, refusal.StatusCode);
        Assert.InRange(refusal.Status.Detail.Length, 1_000, 2_100);
    }

    [Fact]
    public async Task Publish_ClockOfTheNodeALittleOff_IsAccepted()
    {
        await using var gateway = await GatewayHost.StartAsync();
        gateway.Node.OnPublish = envelopes => Task.FromResult(gateway.Node.Accept(envelopes, late: TimeSpan.FromMinutes(30)));

        Assert.Single(await gateway.PublishAsync(Message(1, "a")));
    }

    private static List<byte[]> Lie(FakeNode node, IReadOnlyList<ParsedPayerEnvelope> envelopes, string lie) => lie switch
    {
        "none" => [],
        "fewer" => node.Accept([envelopes[0]]),
        "more" => node.Accept([.. envelopes, envelopes[0]]),
        "other key" => node.Accept(envelopes, key: FakeNode.Key(99)),
        "other originator" => node.Accept(envelopes, originator: new OriginatorId(400)),
        "other payer bytes" => node.Accept(envelopes, payerBytes: envelope =>
            EnvelopeEncoder.Payer(envelope.Client.Bytes.Span, envelope.PayerSignature.Span, envelope.Target, retentionDays: 365)),
        "old" => node.Accept(envelopes, late: TimeSpan.FromMinutes(31)),
        "dear" => node.Accept(envelopes, extraFee: 1),
        _ => [[1, 2, 3], [4, 5, 6]],
    };
}
