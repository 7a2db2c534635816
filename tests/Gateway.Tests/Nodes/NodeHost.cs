using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Gateway.Nodes;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Gateway.Tests.Nodes;

/// <summary>A node's methods on a free port, with the sequencer, the reads, the feed and the store behind them in the hands of the test.</summary>
internal sealed class NodeHost : IAsyncDisposable
{
    public static readonly OriginatorId Self = new(100);

    public const string Publish = "/xmtp.xmtpv4.message_api.ReplicationApi/PublishPayerEnvelopes";
    public const string Newest = "/xmtp.xmtpv4.message_api.QueryApi/GetNewestEnvelope";
    public const string Query = "/xmtp.xmtpv4.message_api.QueryApi/QueryEnvelopes";
    public const string InboxIds = "/xmtp.xmtpv4.message_api.QueryApi/GetInboxIds";
    public const string SubscribeTopics = "/xmtp.xmtpv4.message_api.QueryApi/SubscribeTopics";
    public const string SubscribeEnvelopes = "/xmtp.xmtpv4.message_api.ReplicationApi/SubscribeEnvelopes";
    public const string SyncCursor = "/xmtp.xmtpv4.metadata_api.MetadataApi/SubscribeSyncCursor";
    public const string PayerInfo = "/xmtp.xmtpv4.metadata_api.MetadataApi/GetPayerInfo";

    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private NodeHost(WebApplication app, FakeReader reader, FakePublisher publisher, FakeFeed feed, FakeTimeProvider clock)
    {
        (_app, Reader, Publisher, Feed, Clock) = (app, reader, publisher, feed, clock);
        app.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Serving);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler { UseProxy = false, MaxResponseHeadersLength = 16 },
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
    }

    public FakeReader Reader { get; }

    public FakePublisher Publisher { get; }

    /// <summary>Deadline of all calls from now on, in UTC. Default: none.</summary>
    public DateTime? Deadline { get; set; }

    public FakeFeed Feed { get; }

    public FakeTimeProvider Clock { get; }

    public static async Task<NodeHost> StartAsync()
    {
        var (reader, publisher, feed) = (new FakeReader(), new FakePublisher(), new FakeFeed());
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero));
        var options = new NodeApiOptions();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IRpcService>(new NodeServices(
            new PublishApi(publisher, reader, new PublishChecks(Self, new Admission(new AdmissionOptions()), clock), options),
            new QueryApi(reader, options),
            new SubscribeApi(feed, reader, options, clock, NullLogger<SubscribeApi>.Instance),
            new MetadataApi(feed, reader, new FakeEnvelopeStore(clock), options, clock)));
        builder.Services.AddRpc();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(IPAddress.Loopback, 0), tls: null));
        var app = builder.Build();
        app.UseRpc();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new NodeHost(app, reader, publisher, feed, clock);
    }

    /// <summary>A payer envelope around a client envelope, signed by the key of that number.</summary>
    public static byte[] Signed(ClientEnvelope client, int key = 1, uint retentionDays = 60)
    {
        var bytes = client.ToByteArray();
        var hash = new byte[Secp256k1.HashSize];
        var signature = new byte[Secp256k1.SignatureSize];
        SigningHashes.Payer(Self, bytes, hash);
        TestKeys.Key(key).Sign(hash, signature);
        return EnvelopeEncoder.Payer(bytes, signature, Self, retentionDays);
    }

    public async Task<TResponse> CallAsync<TRequest, TResponse>(string path, TRequest request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        using var call = _channel.CreateCallInvoker().AsyncUnaryCall(
            TestCalls.Make<TRequest, TResponse>(path, MethodType.Unary), host: null, Options(), request);
        return await call;
    }

    public AsyncServerStreamingCall<TResponse> Open<TRequest, TResponse>(string path, TRequest request)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() => _channel.CreateCallInvoker().AsyncServerStreamingCall(
            TestCalls.Make<TRequest, TResponse>(path, MethodType.ServerStreaming), host: null, Options(), request);

    public Task<IReadOnlyList<byte[]>> PublishAsync(params byte[][] envelopes) => PublishRawAsync(envelopes);

    public async Task<RpcException> RefusePublishAsync(params byte[][] envelopes) =>
        await Assert.ThrowsAsync<RpcException>(() => PublishRawAsync(envelopes));

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
    }

    private CallOptions Options() => new(deadline: Deadline, cancellationToken: TestContext.Current.CancellationToken);

    private async Task<IReadOnlyList<byte[]>> PublishRawAsync(byte[][] envelopes)
    {
        var raw = new Marshaller<byte[]>(static bytes => bytes, static bytes => bytes);
        var method = new Method<byte[], byte[]>(MethodType.Unary, "xmtp.xmtpv4.message_api.ReplicationApi", "PublishPayerEnvelopes", raw, raw);
        var body = new MemoryStream();
        using (var output = new CodedOutputStream(body, leaveOpen: true))
        {
            foreach (var envelope in envelopes)
            {
                output.WriteTag(1, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(ByteString.CopyFrom(envelope));
            }
        }

        using var call = _channel.CreateCallInvoker().AsyncUnaryCall(method, host: null, Options(), body.ToArray());
        return [await call];
    }
}
