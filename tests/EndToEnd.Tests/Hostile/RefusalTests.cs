using Google.Protobuf;
using Grpc.Core;
using Xmtp.Identity.Associations;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;
using static XmtpOrleans.EndToEnd.Tests.Hostile.Requests;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>Everything that a running node refuses: code, text, and that nothing of it is stored (02 §26 and the sections it sums up).</summary>
public sealed class RefusalTests(RunningSilo running) : IClassFixture<RunningSilo>
{
    private const string Publish = "xmtp.xmtpv4.message_api.ReplicationApi/PublishPayerEnvelopes";
    private const string PublishNew = "xmtp.xmtpv4.message_api.PublishApi/PublishPayerEnvelopes";
    private const string QueryPath = "xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes";
    private const string Newest = "xmtp.xmtpv4.message_api.QueryApi/GetNewestEnvelope";
    private const string InboxIds = "xmtp.xmtpv4.message_api.QueryApi/GetInboxIds";
    private const string Topics = "xmtp.xmtpv4.message_api.QueryApi/SubscribeTopics";
    private const string Envelopes = "xmtp.xmtpv4.message_api.ReplicationApi/SubscribeEnvelopes";
    private const string Originators = "xmtp.xmtpv4.message_api.ReplicationApi/SubscribeOriginators";
    private const string PayerInfo = "xmtp.xmtpv4.metadata_api.MetadataApi/GetPayerInfo";
    private const string SyncCursor = "xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor";
    private const string Gateway = "xmtp.xmtpv4.payer_api.PayerApi/PublishClientEnvelopes";
    private const string Prefix = "error processing payer envelopes:";
    private const string First = Prefix + "could not validate envelope. index 0: invalid_argument: ";

    private static readonly Dictionary<string, (byte[] Request, string Text)> Publishes = new()
    {
        ["nothing"] = ([], "missing payer envelope"),
        ["no payer envelope"] = (List([0xFF]), First + "could not unmarshal payer envelope: *"),
        ["no client envelope"] = (List(Signed([0xFF])), First + "could not unmarshal payer envelope: *"),
        ["no aad"] = (List(Signed(Message(1, static envelope => envelope.Aad = null))), First + "could not unmarshal payer envelope: *"),
        ["no payload"] = (List(Signed(Message(1, static envelope => envelope.ClearPayload()))), First + "could not unmarshal payer envelope: *"),
        ["topic of no kind"] = (List(Signed(Message(1, static envelope => envelope.Aad.TargetTopic = ByteString.CopyFrom(9, 9)))), First + "could not unmarshal payer envelope: *"),
        ["for another node"] = (List(Signed(Message(1), target: 200)), First + "invalid target originator"),
        ["no signature"] = (List(EnvelopeEncoder.Payer(Message(1), [], Node, 60)), First + "could not recover signer: payer signature is missing"),
        ["bad signature"] = (List(EnvelopeEncoder.Payer(Message(1), new byte[65], Node, 60)), First + "could not recover signer: *"),
        ["short signature"] = (List(EnvelopeEncoder.Payer(Message(1), new byte[64], Node, 60)), First + "could not recover signer: *"),
        ["payload of another kind"] = (
            List(Signed(Message(1, static envelope => envelope.Aad.TargetTopic = ByteString.CopyFrom([1, .. new byte[32]])))), First + "topic does not match payload"),
        ["depends on a node"] = (
            List(Signed(Depending(100, 1))),
            First + "node ID 100 specified in DependsOn is not a valid node ID, a message can not depend on a non-commit"),
        ["depends on the unseen"] = (List(Signed(Depending(0, 7))), First + "node ID 0 specified in DependsOn has not been seen by this node"),
        ["retention 0"] = (List(Signed(Message(1), retentionDays: 0)), First + "invalid expiry retention days. Must be >= 2"),
        ["retention 1"] = (List(Signed(Message(1), retentionDays: 1)), First + "invalid expiry retention days. Must be >= 2"),
        ["retention 366"] = (List(Signed(Message(1), retentionDays: 366)), First + "invalid expiry retention days. Must be <= 365"),
        ["retention almost for ever"] = (List(Signed(Message(1), retentionDays: uint.MaxValue - 1)), First + "invalid expiry retention days. Must be <= 365"),
        ["reserved topic"] = (List(Signed(Report())), Prefix + "reserved topics cannot be published to by gateways. index 0"),
        ["identity update"] = (List(Signed(Recorded(1))), Prefix + "identity updates must be published via the blockchain. index 0"),
        ["no mls message"] = (
            List(Signed(Message(1, static envelope => envelope.GroupMessage.V1.Data = ByteString.CopyFrom(1, 2, 3)))),
            Prefix + "could not validate group message. index 0: invalid_argument: invalid group message*"),
        ["commit"] = (
            List(Signed(TestBroadcasts.Commit("a commit", 1))),
            Prefix + "could not validate group message. index 0: invalid_argument: commit and proposal messages must be published via the blockchain"),
        ["no key package"] = (List(Signed(BrokenKeyPackage())), Prefix + "could not validate key package. index 0: *key package validation failed: *"),
        ["two payers"] = (List(Signed(Message(1)), Signed(Message(2), key: 2)), Prefix + "all envelopes in a request must be from the same payer"),
        ["one of three is bad"] = (
            List(Signed(Message(1)), Signed(Message(2), retentionDays: 1), Signed(Message(3))),
            Prefix + "could not validate envelope. index 1: invalid_argument: invalid expiry retention days. Must be >= 2"),
        ["too many"] = (List([.. Enumerable.Repeat(Array.Empty<byte>(), 1_001)]), "too many payer envelopes: 1001, at most 1000 in a request"),
    };

    private static readonly Dictionary<string, (string Path, byte[] Request, StatusCode Code, string Text)> Reads = new()
    {
        ["query of both"] = (
            QueryPath,
            Query(new EnvelopesQuery { Topics = { ByteString.CopyFrom(new byte[17]) }, OriginatorNodeIds = { 100 } }),
            StatusCode.InvalidArgument,
            "invalid query: cannot filter by both topic and originator in same subscription request"),
        ["query of 10,001"] = (
            QueryPath,
            Query(ByTopics(10_001)),
            StatusCode.InvalidArgument,
            "invalid query: too many subscriptions: 10001, consider subscribing to fewer topics or subscribing without a filter"),
        ["query of no topic"] = (QueryPath, Query(ByTopics(1, length: 0)), StatusCode.InvalidArgument, "invalid query: invalid topic: *"),
        ["query of 129 bytes"] = (
            QueryPath, Query(ByTopics(1, length: 129)), StatusCode.InvalidArgument, $"invalid query: invalid topic: {new string('0', 258)}"),
        ["query after 101"] = (
            QueryPath,
            Query(new EnvelopesQuery { OriginatorNodeIds = { 100 }, LastSeen = CursorOf(101) }),
            StatusCode.InvalidArgument,
            "invalid query: vector clock length exceeds maximum of 100"),
        ["newest of 10,001"] = (
            Newest,
            List([.. Enumerable.Repeat(new byte[17], 10_001)]),
            StatusCode.InvalidArgument,
            "too many topics: 10001, at most 10000"),
        ["newest of 129 bytes"] = (
            Newest, List(new byte[17], new byte[129]), StatusCode.InvalidArgument, "invalid topic: topics[1] has 129 bytes, at most 128"),
        ["1,001 inbox ids"] = (InboxIds, Addresses(1_001), StatusCode.InvalidArgument, "too many requests"),
        ["payer info of nobody"] = (PayerInfo, [], StatusCode.InvalidArgument, "payer_addresses cannot be empty"),
        ["payer info of a stranger"] = (
            PayerInfo,
            new GetPayerInfoRequest { PayerAddresses = { "0x00000000000000000000000000000000000000ff" } }.ToByteArray(),
            StatusCode.NotFound,
            "payer address not found: 0x00000000000000000000000000000000000000ff"),
        ["health of a stranger"] = (
            "grpc.health.v1.Health/Check", List("nobody"u8.ToArray()), StatusCode.NotFound, "unknown service nobody"),
        ["method of nobody"] = ("xmtp.xmtpv4.message_api.QueryApi/Nothing", [], StatusCode.Unimplemented, "*"),
        ["more than 25 MiB"] = (Publish, new byte[(25 * 1024 * 1024) + 1], StatusCode.ResourceExhausted, "*"),
        ["no protobuf"] = (QueryPath, [0xFF], StatusCode.InvalidArgument, "*"),
    };

    private static readonly Dictionary<string, (string Path, byte[] Request, string Text)> Streams = new()
    {
        ["envelopes of nothing"] = (
            Envelopes, Subscribe(new EnvelopesQuery()), "invalid subscription request: query must contain either topics or originators"),
        ["envelopes of both"] = (
            Envelopes,
            Subscribe(new EnvelopesQuery { Topics = { ByteString.CopyFrom(new byte[17]) }, OriginatorNodeIds = { 100 } }),
            "invalid subscription request: cannot filter by both topic and originator in same subscription request"),
        ["envelopes of 10,001"] = (Envelopes, Subscribe(ByTopics(10_001)), "invalid subscription request: too many subscriptions: 10001, *"),
        ["envelopes of 129 bytes"] = (Envelopes, Subscribe(ByTopics(1, length: 129)), "invalid subscription request: invalid topic: *"),
        ["originators without a filter"] = (Originators, [], "filter must not be nil"),
        ["originators of nobody"] = (
            Originators,
            new SubscribeOriginatorsRequest { Filter = new SubscribeOriginatorsRequest.Types.OriginatorFilter() }.ToByteArray(),
            "filter must contain at least one originator node id"),
        ["originators without a cursor"] = (
            Originators,
            new SubscribeOriginatorsRequest { Filter = new SubscribeOriginatorsRequest.Types.OriginatorFilter { OriginatorNodeIds = { 100 } } }.ToByteArray(),
            "last_seen cursor is required"),
        ["originators after 101"] = (
            Originators,
            new SubscribeOriginatorsRequest
            {
                Filter = new SubscribeOriginatorsRequest.Types.OriginatorFilter { OriginatorNodeIds = { 100 }, LastSeen = CursorOf(101) },
            }.ToByteArray(),
            "invalid subscription request: vector clock length exceeds maximum of 100"),
        ["10,001 topics"] = (Topics, Filters(10_001), "too many filters: 10001, maximum is 10000"),
        ["topic of 0 bytes"] = (Topics, Filters(1, length: 0), "invalid topic length: 0*"),
        ["topic of 129 bytes"] = (Topics, Filters(1, length: 129), "invalid topic length: 129*"),
        ["topic after 101"] = (Topics, Filters(1, lastSeen: CursorOf(101)), "vector clock length exceeds maximum of 100*"),
    };

    private static readonly Dictionary<string, (byte[] Request, string Text)> GatewayPublishes = new()
    {
        ["nothing"] = ([], "*"),
        ["no client envelope"] = (List([0xFF]), "*"),
        ["no aad"] = (List(Message(1, static envelope => envelope.Aad = null)), "*"),
        ["payload of another kind"] = (List(Message(1, static envelope => envelope.Aad.TargetTopic = ByteString.CopyFrom([1, .. new byte[32]]))), "*"),
        ["reserved topic"] = (List(Report()), "*"),
        ["no mls message"] = (List(Message(1, static envelope => envelope.GroupMessage.V1.Data = ByteString.CopyFrom(1, 2, 3))), "*"),
        ["one of two is bad"] = (List(Message(1), Report()), "*"),
    };

    public static IEnumerable<TheoryDataRow<string>> PublishNames => Publishes.Keys.Select(static name => new TheoryDataRow<string>(name));

    public static IEnumerable<TheoryDataRow<string>> ReadNames => Reads.Keys.Select(static name => new TheoryDataRow<string>(name));

    public static IEnumerable<TheoryDataRow<string>> StreamNames => Streams.Keys.Select(static name => new TheoryDataRow<string>(name));

    public static IEnumerable<TheoryDataRow<string>> GatewayNames => GatewayPublishes.Keys.Select(static name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(PublishNames))]
    public async Task Publish_Refused_SaysWhyAndStoresNothing(string name)
    {
        var (request, text) = Publishes[name];
        using var node = new RawClient(running.Silo.Node);
        var before = await node.CallAsync(SyncCursor, []);

        AssertStatus(StatusCode.InvalidArgument, text, await node.StatusAsync(Publish, request));
        AssertStatus(StatusCode.InvalidArgument, text, await node.StatusAsync(PublishNew, request));
        Assert.Equal(before, await node.CallAsync(SyncCursor, []));
        Assert.Empty(await LogAsync());
    }

    [Theory]
    [MemberData(nameof(ReadNames))]
    public async Task Read_Refused_SaysWhy(string name)
    {
        var (path, request, code, text) = Reads[name];
        using var node = new RawClient(running.Silo.Node);

        AssertStatus(code, text, await node.StatusAsync(path, request));
    }

    [Theory]
    [MemberData(nameof(StreamNames))]
    public async Task Stream_Refused_SaysWhyBeforeItsFirstFrame(string name)
    {
        var (path, request, text) = Streams[name];
        using var node = new RawClient(running.Silo.Node);

        var (frames, status) = await node.StreamAsync(path, request, frames: 5, TimeSpan.FromSeconds(30));

        Assert.Equal(0, frames);
        AssertStatus(StatusCode.InvalidArgument, text, status);
    }

    [Theory]
    [MemberData(nameof(GatewayNames))]
    public async Task Gateway_Refused_SaysWhyAndStoresNothing(string name)
    {
        var (request, text) = GatewayPublishes[name];
        using var gateway = new RawClient(running.Silo.Gateway);
        using var node = new RawClient(running.Silo.Node);
        var before = await node.CallAsync(SyncCursor, []);

        var status = await gateway.StatusAsync(Gateway, request);

        AssertStatus(StatusCode.InvalidArgument, text, status);
        Assert.Equal(before, await node.CallAsync(SyncCursor, []));
    }

    [Fact]
    public async Task Topics_NoFilters_StaysOpen()
    {
        using var node = new RawClient(running.Silo.Node);

        Assert.Equal((1, Status.DefaultSuccess), await node.StreamAsync(Topics, [], frames: 1, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Query_WithoutAFilter_IsEmpty()
    {
        using var node = new RawClient(running.Silo.Node);

        Assert.Empty(await node.CallAsync(QueryPath, []));
        Assert.Empty(await node.CallAsync(QueryPath, Query(new EnvelopesQuery())));
    }

    private static byte[] Addresses(int count)
    {
        var request = new GetInboxIdsRequest();
        request.Requests.AddRange(Enumerable.Range(0, count).Select(static number => new GetInboxIdsRequest.Types.Request
        {
            Identifier = $"0x{number:x40}",
            IdentifierKind = IdentifierKind.Ethereum,
        }));
        return request.ToByteArray();
    }

    // A star stands for any text.
    private static void AssertStatus(StatusCode code, string text, Status status)
    {
        Assert.True(code == status.StatusCode, $"{status}");
        var parts = text.Split('*');
        if (parts.Length == 1)
        {
            Assert.Equal(text, status.Detail);
            return;
        }

        Assert.StartsWith(parts[0].TrimEnd(), status.Detail);
        Assert.All(parts, part => Assert.Contains(part.TrimEnd(), status.Detail, StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<byte[]>> LogAsync()
    {
        using var client = new OperatorClient(running.Silo.Node);
        return await client.ReadLogAsync(Node);
    }
}
