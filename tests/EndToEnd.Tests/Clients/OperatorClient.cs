using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using WireCursor = Xmtp.Xmtpv4.Envelopes.Cursor;

namespace XmtpOrleans.EndToEnd.Tests.Clients;

/// <summary>One connection to a node or a payer gateway. Envelopes stay the very bytes that were sent and came back.</summary>
internal sealed class OperatorClient : IDisposable
{
    private const string Replication = "xmtp.xmtpv4.message_api.ReplicationApi";
    private const string Metadata = "xmtp.xmtpv4.metadata_api.MetadataApi";
    private const string Payer = "xmtp.xmtpv4.payer_api.PayerApi";

    private static readonly Marshaller<byte[]> Raw = new(static bytes => bytes, static bytes => bytes);

    private readonly GrpcChannel _channel;
    private readonly CallInvoker _calls;

    /// <summary>Connects on the first call, and again after every break.</summary>
    public OperatorClient(Uri address)
    {
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false, EnableMultipleHttp2Connections = true }, // calls pile up while a cluster heals
            MaxReceiveMessageSize = 25 * 1024 * 1024,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(50),
            MaxReconnectBackoff = TimeSpan.FromMilliseconds(200),
        });
        _calls = _channel.CreateCallInvoker();
    }

    /// <summary>Deadline of every unary call. Default: half a minute.</summary>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Publishes payer envelopes to a node; the answer's originator envelopes, in their order.</summary>
    public Task<IReadOnlyList<byte[]>> PublishAsync(params IReadOnlyList<byte[]> payerEnvelopes) =>
        ListAsync(Replication, "PublishPayerEnvelopes", ListOf(payerEnvelopes));

    /// <summary>Publishes client envelopes through a payer gateway; the answer's originator envelopes, in their order.</summary>
    public Task<IReadOnlyList<byte[]>> PublishClientEnvelopesAsync(params IReadOnlyList<byte[]> clientEnvelopes) =>
        ListAsync(Payer, "PublishClientEnvelopes", ListOf(clientEnvelopes));

    /// <summary>A page of a log after a position.</summary>
    public Task<IReadOnlyList<byte[]>> QueryLogAsync(OriginatorId originator, ulong after, uint limit = 1_000) => ListAsync(
        Replication,
        "QueryEnvelopes",
        new QueryEnvelopesRequest { Query = new EnvelopesQuery { OriginatorNodeIds = { originator.Value }, LastSeen = CursorOf(originator, after) }, Limit = limit }
            .ToByteArray());

    /// <summary>A page of a topic's envelopes of one originator after a position.</summary>
    public Task<IReadOnlyList<byte[]>> QueryTopicAsync(byte[] topic, OriginatorId originator, ulong after, uint limit = 1_000) => ListAsync(
        Replication,
        "QueryEnvelopes",
        new QueryEnvelopesRequest
        {
            Query = new EnvelopesQuery { Topics = { UnsafeByteOperations.UnsafeWrap(topic) }, LastSeen = CursorOf(originator, after) },
            Limit = limit,
        }.ToByteArray());

    /// <summary>A whole log, page by page.</summary>
    public async Task<IReadOnlyList<byte[]>> ReadLogAsync(OriginatorId originator)
    {
        var all = new List<byte[]>();
        for (var after = 0ul; ;)
        {
            var page = await QueryLogAsync(originator, after);
            if (page.Count == 0) return all;
            all.AddRange(page);
            after = PositionOf(page[^1]);
        }
    }

    /// <summary>Follows a log from a position on, frame by frame; the first one is empty and says that the stream is open.</summary>
    public async IAsyncEnumerable<IReadOnlyList<byte[]>> FollowLogAsync(
        OriginatorId originator, ulong after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new SubscribeOriginatorsRequest
        {
            Filter = new SubscribeOriginatorsRequest.Types.OriginatorFilter
            {
                OriginatorNodeIds = { originator.Value },
                LastSeen = CursorOf(originator, after),
            },
        };
        using var call = _calls.AsyncServerStreamingCall(
            MethodOf(MethodType.ServerStreaming, Replication, "SubscribeOriginators"),
            host: null,
            new CallOptions(cancellationToken: cancellationToken),
            request.ToByteArray());
        while (await call.ResponseStream.MoveNext(cancellationToken))
        {
            yield return [.. Fields(call.ResponseStream.Current).SelectMany(Fields)];
        }
    }

    /// <summary>What a payer spent and how much it published, summed over all periods.</summary>
    public async Task<(ulong Picodollars, ulong Messages)> PayerUsageAsync(EthereumAddress payer)
    {
        var address = payer.ToLowerHex();
        var answer = await CallAsync(Metadata, "GetPayerInfo", new GetPayerInfoRequest { PayerAddresses = { address } }.ToByteArray());
        var periods = GetPayerInfoResponse.Parser.ParseFrom(answer).PayerInfo[address].PeriodSummaries;
        return (periods.Aggregate(0ul, static (sum, period) => sum + period.AmountSpentPicodollars), periods.Aggregate(0ul, static (sum, period) => sum + period.NumMessages));
    }

    /// <summary>The standard health check.</summary>
    public Task CheckHealthAsync() => CallAsync("grpc.health.v1.Health", "Check", []);

    /// <inheritdoc/>
    public void Dispose() => _channel.Dispose();

    private static ulong PositionOf(byte[] envelope) =>
        SealedEnvelope.TryParse(envelope, out var parsed, out var refusal) ? parsed.Sequence.Value : throw new InvalidDataException(refusal);

    private static WireCursor CursorOf(OriginatorId originator, ulong position) => new() { NodeIdToSequenceId = { [originator.Value] = position } };

    private static Method<byte[], byte[]> MethodOf(MethodType type, string service, string name) => new(type, service, name, Raw, Raw);

    private async Task<IReadOnlyList<byte[]>> ListAsync(string service, string name, byte[] request) =>
        [.. Fields(await CallAsync(service, name, request))];

    private async Task<byte[]> CallAsync(string service, string name, byte[] request)
    {
        using var call = _calls.AsyncUnaryCall(
            MethodOf(MethodType.Unary, service, name), host: null, new CallOptions(deadline: DateTime.UtcNow + CallLimit), request);
        return await call;
    }

    // Requests and answers alike are messages whose field 1 repeats.
    private static byte[] ListOf(IReadOnlyList<byte[]> values)
    {
        var output = new MemoryStream();
        var coded = new CodedOutputStream(output);
        foreach (var value in values)
        {
            coded.WriteTag(1, WireFormat.WireType.LengthDelimited);
            coded.WriteBytes(UnsafeByteOperations.UnsafeWrap(value));
        }

        coded.Flush();
        return output.ToArray();
    }

    private static List<byte[]> Fields(byte[] message)
    {
        var values = new List<byte[]>();
        var reader = new WireReader(message);
        while (reader.Next(out var malformed))
        {
            if (reader is { Field: 1, WireType: 2 }) values.Add(message.AsSpan(reader.Start, reader.Length).ToArray());
        }

        return values;
    }
}
