using Google.Protobuf;
using Grpc.Core;
using Xmtp.Identity.Associations;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public sealed class QueryApiTests
{
    private static readonly byte[] Identities = [(byte)TopicKind.IdentityUpdates, .. new byte[32]];
    private static readonly byte[] Group = [(byte)TopicKind.GroupMessages, .. new byte[16]];

    [Theory]
    [InlineData(0, int.MaxValue)] // a client asks once and goes on with what it got
    [InlineData(5, 5)]
    [InlineData(5_000, 1_000)]
    public async Task Query_IdentityUpdatesOnly_WithoutALimitReturnsAll(uint limit, int rows) =>
        Assert.Equal(rows, await LimitAsync(limit, Identities, Identities));

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(1_000, 1_000)]
    [InlineData(1_001, 1_000)]
    public async Task Query_OtherTopics_AreCutAtAThousand(uint limit, int rows) => Assert.Equal(rows, await LimitAsync(limit, Identities, Group));

    [Fact]
    public async Task Newest_RepeatedImpossibleAndUnknownTopics_KeepTheirPlaces()
    {
        await using var node = await NodeHost.StartAsync();
        var topic = Topic.Of(TopicKind.GroupMessages, Group.AsSpan(1));
        node.Reader.Newest[topic] = Entry(topic, [0x0A, 0x01, 0x07]);
        var request = new GetNewestEnvelopeRequest();
        byte[][] topics = [Group, [0xFF, 0xFF], Identities, Group];
        request.Topics.AddRange(topics.Select(ByteString.CopyFrom));

        var answer = await node.CallAsync<GetNewestEnvelopeRequest, GetNewestEnvelopeResponse>(NodeHost.Newest, request);

        Assert.Equal([true, false, false, true], answer.Results.Select(static result => result.OriginatorEnvelope is not null));
    }

    [Fact]
    public async Task InboxIds_AnyCaseAndKind_AreEchoedAndMatched()
    {
        const string Address = "0xAbCd000000000000000000000000000000000001";
        await using var node = await NodeHost.StartAsync();
        var inbox = new string('a', 64);
        Assert.True(InboxId.TryParse(inbox, out var id));
        node.Reader.Inboxes[Address.ToLowerInvariant()] = id;
        var request = new GetInboxIdsRequest
        {
            Requests =
            {
                new GetInboxIdsRequest.Types.Request { Identifier = Address, IdentifierKind = IdentifierKind.Ethereum },
                new GetInboxIdsRequest.Types.Request { Identifier = Address, IdentifierKind = IdentifierKind.Passkey },
                new GetInboxIdsRequest.Types.Request { Identifier = Address },
            },
        };

        var answer = await node.CallAsync<GetInboxIdsRequest, GetInboxIdsResponse>(NodeHost.InboxIds, request);

        Assert.Equal([inbox, "", inbox], answer.Responses.Select(static response => response.InboxId));
        Assert.All(answer.Responses, static response => Assert.Equal(Address, response.Identifier));
        Assert.Equal(request.Requests.Select(static asked => asked.IdentifierKind), answer.Responses.Select(static response => response.IdentifierKind));
    }

    [Fact]
    public async Task PayerInfo_AddressOfAMegabyte_IsRefusedInAFewWords()
    {
        await using var node = await NodeHost.StartAsync();
        var request = new GetPayerInfoRequest { PayerAddresses = { new string('é', 1_000_000) } };

        var refusal = await Assert.ThrowsAsync<RpcException>(() => node.CallAsync<GetPayerInfoRequest, GetPayerInfoResponse>(NodeHost.PayerInfo, request));

        Assert.Equal(StatusCode.NotFound, refusal.StatusCode);
        Assert.StartsWith("payer address not found: é", refusal.Status.Detail);
    }

    private static async Task<int> LimitAsync(uint limit, params byte[][] topics)
    {
        await using var node = await NodeHost.StartAsync();
        var request = new QueryEnvelopesRequest { Query = new EnvelopesQuery(), Limit = limit };
        request.Query.Topics.AddRange(topics.Select(ByteString.CopyFrom));
        await node.CallAsync<QueryEnvelopesRequest, QueryEnvelopesResponse>(NodeHost.Query, request);
        return Assert.Single(node.Reader.Limits).Count;
    }

    private static LogEntry Entry(Topic topic, byte[] bytes) => new()
    {
        Originator = NodeHost.Self,
        Sequence = new SequenceId(1),
        OriginatorNs = 1,
        ArrivalUs = 1,
        ExpirySeconds = LogEntry.NeverExpires,
        Topic = topic,
        Bytes = bytes,
    };
}
