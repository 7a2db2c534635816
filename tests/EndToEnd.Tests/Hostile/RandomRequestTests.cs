using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.EndToEnd.Tests.Clients;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>Hostile bytes into every method of node and gateway. More on demand: <c>XMTP_FUZZ_CALLS=100000</c>; <c>XMTP_FUZZ_SEED</c> repeats a run.</summary>
public sealed class RandomRequestTests(RunningSilo running) : IClassFixture<RunningSilo>
{
    private const int Callers = 8;
    private const long MemoryMargin = 150L * 1024 * 1024;

    private static readonly int Calls = Setting("XMTP_FUZZ_CALLS") ?? 2_000;
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StreamLimit = TimeSpan.FromMilliseconds(20);

    private static readonly (string Path, bool IsStream)[] NodeMethods =
    [
        ("xmtp.xmtpv4.message_api.ReplicationApi/PublishPayerEnvelopes", false),
        ("xmtp.xmtpv4.message_api.ReplicationApi/QueryEnvelopes", false),
        ("xmtp.xmtpv4.message_api.ReplicationApi/GetInboxIds", false),
        ("xmtp.xmtpv4.message_api.ReplicationApi/GetNewestEnvelope", false),
        ("xmtp.xmtpv4.message_api.ReplicationApi/SubscribeEnvelopes", true),
        ("xmtp.xmtpv4.message_api.ReplicationApi/SubscribeOriginators", true),
        ("xmtp.xmtpv4.message_api.ReplicationApi/SubscribeTopics", true),
        ("xmtp.xmtpv4.message_api.NotificationApi/SubscribeAllEnvelopes", true),
        ("xmtp.xmtpv4.message_api.PublishApi/PublishPayerEnvelopes", false),
        ("xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes", false),
        ("xmtp.xmtpv4.message_api.QueryApi/GetInboxIds", false),
        ("xmtp.xmtpv4.message_api.QueryApi/GetNewestEnvelope", false),
        ("xmtp.xmtpv4.message_api.QueryApi/SubscribeTopics", true),
        ("xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor", false),
        ("xmtp.xmtpv4.metadata_api.MetadataApi/SubscribeSyncCursor", true),
        ("xmtp.xmtpv4.metadata_api.MetadataApi/GetVersion", false),
        ("xmtp.xmtpv4.metadata_api.MetadataApi/GetPayerInfo", false),
        ("xmtp.migration.api.v1.D14nMigrationApi/FetchD14nCutover", false),
        ("grpc.health.v1.Health/Check", false),
        ("grpc.health.v1.Health/Watch", true),
    ];

    private static readonly (string Path, bool IsStream)[] GatewayMethods =
    [
        ("xmtp.xmtpv4.payer_api.PayerApi/PublishClientEnvelopes", false),
        ("xmtp.xmtpv4.payer_api.PayerApi/GetNodes", false),
        ("grpc.health.v1.Health/Check", false),
    ];

    [Fact]
    public async Task Call_HostileBytes_IsNeverOurFaultAndOthersAreServed()
    {
        var seed = Setting("XMTP_FUZZ_SEED") ?? Random.Shared.Next();
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        await using var victim = new Victim(running.Silo.Node);
        await victim.ServedAsync(20);
        await RunAsync(seed, Calls / 4);
        var before = await ProcessMemory.SettledAsync(running.Silo, bound: long.MaxValue);

        await RunAsync(seed + Callers, Calls - (Calls / 4));

        await victim.ServedAsync(20);
        Assert.InRange(await ProcessMemory.SettledAsync(running.Silo, before + MemoryMargin), 0, before + MemoryMargin);
        await AssertLogIsWholeAsync();
    }

    private static int? Setting(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : null;

    private static byte[][] Corpus() =>
    [
        .. Requests.AllRecorded().Select(static client => Requests.List(client)),
        .. Requests.AllRecorded().Select(static client => Requests.List(Requests.Signed(client))),
        Requests.List(Requests.Signed(Requests.Message(1)), Requests.Signed(Requests.Message(2))),
        Requests.List(Requests.Signed(Requests.Depending(1, 3))),
        Requests.Query(Requests.ByTopics(3)),
        Requests.Query(new EnvelopesQuery { OriginatorNodeIds = { 0, 1, 100 }, LastSeen = Requests.CursorOf(3) }),
        Requests.Filters(3, lastSeen: Requests.CursorOf(2)),
        new SubscribeOriginatorsRequest
        {
            Filter = new SubscribeOriginatorsRequest.Types.OriginatorFilter { OriginatorNodeIds = { 100 }, LastSeen = Requests.CursorOf(2) },
        }.ToByteArray(),
        new GetInboxIdsRequest { Requests = { new GetInboxIdsRequest.Types.Request { Identifier = "0x00000000000000000000000000000000000000ff" } } }.ToByteArray(),
    ];

    private Task RunAsync(int seed, int calls) =>
        Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => CallAsync(seed + caller, calls / Callers)));

    private async Task CallAsync(int seed, int calls)
    {
        using var node = new RawClient(running.Silo.Node);
        using var gateway = new RawClient(running.Silo.Gateway);
        var random = new Random(seed);
        var requests = new Mutator(random, Corpus());
        var clients = new Mutator(random, [.. Requests.AllRecorded(), Requests.Message(1), Requests.Report()]);
        for (var index = 0; index < calls; index++)
        {
            var isForGateway = random.Next(6) == 0;
            var methods = isForGateway ? GatewayMethods : NodeMethods;
            var (path, isStream) = methods[random.Next(methods.Length)];

            // Half of the publishes are signed, so that they get behind the signature.
            var request = path.Contains("PublishPayer", StringComparison.Ordinal) && random.Next(2) == 0
                ? Requests.List(Requests.Signed(clients.Next()))
                : requests.Next();
            var client = isForGateway ? gateway : node;
            var status = isStream
                ? (await client.StreamAsync(path, request, frames: 3, StreamLimit)).Status
                : await client.StatusAsync(path, request, CallLimit);
            Assert.True(
                status.StatusCode is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.NotFound or StatusCode.ResourceExhausted,
                $"seed {seed}, call {index}, {path}: {status}, {Convert.ToHexStringLower(request.AsSpan(0, Math.Min(request.Length, 2_000)))}");
        }
    }

    // Whatever got through is what a log may hold: every position once, readable to the end.
    private async Task AssertLogIsWholeAsync()
    {
        using var client = new OperatorClient(running.Silo.Node);
        var expected = 1ul;
        foreach (var bytes in await client.ReadLogAsync(Requests.Node))
        {
            Assert.True(Protocol.Envelopes.SealedEnvelope.TryParse(bytes, out var envelope, out var refusal), refusal);
            Assert.Equal(expected++, envelope.Sequence.Value);
        }
    }
}
