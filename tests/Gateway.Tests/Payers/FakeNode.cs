using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Gateway.Tests.Payers;

/// <summary>A node on a port of its own: honest by itself, and as bad as a test wants.</summary>
internal sealed class FakeNode : IRpcService, IAsyncDisposable
{
    private readonly TimeProvider _clock;
    private readonly bool _hasPublishApi;
    private readonly Secp256k1PrivateKey _key;
    private readonly Lock _lock = new();
    private readonly List<IReadOnlyList<ParsedPayerEnvelope>> _publishes = [];
    private readonly List<(OriginatorId Log, SequenceId Sequence, byte[] Bytes)> _chainLogs = [];
    private Cursor _marks = Cursor.Empty;
    private TaskCompletionSource _marksMoved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _lastSequence;
    private WebApplication _app = null!;

    private FakeNode(uint id, TimeProvider clock, bool hasPublishApi)
    {
        (Id, _clock, _hasPublishApi) = (new OriginatorId(id), clock, hasPublishApi);
        _key = Key(id);
        OnPublish = envelopes => Task.FromResult(Accept(envelopes));
    }

    public OriginatorId Id { get; }

    public Uri Url { get; private set; } = null!;

    public RegisteredNode Registered => new(Id, Url, _key.Address);

    public ServingState State => _app.Services.GetRequiredService<ServingState>();

    /// <summary>What the node does with a publish; honest at first.</summary>
    public Func<IReadOnlyList<ParsedPayerEnvelope>, Task<List<byte[]>>> OnPublish { get; set; }

    /// <summary>Answers to publishes and to questions for marks, in place of what they should be.</summary>
    public byte[]? Garbage { get; set; }

    /// <summary>Loses the connection of each publish that arrives, and answers nothing.</summary>
    public bool LosesConnections { get; set; }

    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint => new(IPAddress.Loopback, Url.Port);

    /// <summary>Runs at each query; may throw.</summary>
    public Action OnQuery { get; set; } = static () => { };

    /// <summary>Most envelopes in an answer to a query without a limit.</summary>
    public int PageSize { get; set; } = 1_000;

    /// <summary>Every publish that arrived, by request.</summary>
    public IReadOnlyList<IReadOnlyList<ParsedPayerEnvelope>> Publishes
    {
        get
        {
            lock (_lock) { return [.. _publishes]; }
        }
    }

    /// <summary>The services under which a publish arrived.</summary>
    public List<string> PublishServices { get; } = [];

    public static async Task<FakeNode> StartAsync(uint id, TimeProvider clock, bool hasPublishApi = true, RpcTlsOptions? tls = null)
    {
        var node = new FakeNode(id, clock, hasPublishApi);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<IRpcService>(node);
        builder.Services.AddRpc();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(IPAddress.Loopback, 0), tls));
        node._app = builder.Build();
        node._app.UseRpc();
        await node._app.StartAsync(TestContext.Current.CancellationToken);
        node.Url = new Uri(node._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        node.State.MoveTo(ServingPhase.Serving);
        return node;
    }

    public static Secp256k1PrivateKey Key(uint seed) =>
        Secp256k1PrivateKey.TryParse(seed.ToString("x64"), out var key) ? key : throw new ArgumentException("no key", nameof(seed));

    public void Bind(RpcBinder binder)
    {
        BindPublish(binder.Service(MessageApiReflection.Descriptor, "ReplicationApi"), "ReplicationApi")
            .Unary<QueryEnvelopesRequest, ReadyMessage>("QueryEnvelopes", QueryAsync);
        if (_hasPublishApi) BindPublish(binder.Service(PublishApiReflection.Descriptor, "PublishApi"), "PublishApi");
        binder.Service(MetadataApiReflection.Descriptor, "MetadataApi")
            .ServerStream<GetSyncCursorRequest>("SubscribeSyncCursor", FollowMarksAsync);
    }

    /// <summary>Stores and signs as an honest node does, or with one of its statements changed.</summary>
    public List<byte[]> Accept(
        IReadOnlyList<ParsedPayerEnvelope> envelopes,
        Secp256k1PrivateKey? key = null,
        OriginatorId? originator = null,
        TimeSpan late = default,
        ulong extraFee = 0,
        Func<ParsedPayerEnvelope, byte[]>? payerBytes = null)
    {
        var answers = new List<byte[]>();
        foreach (var envelope in envelopes)
        {
            var payer = payerBytes?.Invoke(envelope) ?? envelope.Bytes.ToArray();
            Assert.True(FeeRules.TryBaseFee(Rates.Default, payer.Length, new Retention(envelope.RetentionDays), out var fee, out _));
            var ns = (_clock.GetUtcNow() - late - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            var sequence = new SequenceId(Interlocked.Increment(ref _lastSequence));
            var unsigned = EnvelopeEncoder.Unsigned(
                originator ?? Id, sequence, ns, payer, (ulong)fee.Value + extraFee, congestionFee: 0, expiryUnixTime: 1);
            var hash = new byte[Secp256k1.HashSize];
            var signature = new byte[Secp256k1.SignatureSize];
            SigningHashes.Originator(unsigned, hash);
            (key ?? _key).Sign(hash, signature);
            answers.Add(EnvelopeEncoder.Signed(unsigned, signature));
        }

        return answers;
    }

    /// <summary>The node's chain log takes an event.</summary>
    public byte[] Store(ChainEvent appended, byte[]? clientEnvelope = null, byte[]? transactionHash = null)
    {
        var log = new OriginatorId((uint)appended.Contract);
        var payer = EnvelopeEncoder.Payer(clientEnvelope ?? appended.Payload, [], default, retentionDays: 0);
        var bytes = EnvelopeEncoder.Proven(
            EnvelopeEncoder.Unsigned(log, appended.Sequence, appended.BlockTimeNs, payer, 0, 0, 0), transactionHash ?? appended.TransactionHash);
        lock (_lock) { _chainLogs.Add((log, appended.Sequence, bytes)); }
        Pass(appended);
        return bytes;
    }

    /// <summary>The node's chain log goes past an event without storing it.</summary>
    public void Pass(ChainEvent appended)
    {
        lock (_lock)
        {
            _marks = _marks.Advance(new OriginatorId((uint)appended.Contract), appended.Sequence);
            _marksMoved.SetResult();
            _marksMoved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private RpcServiceBinder BindPublish(RpcServiceBinder binder, string service) =>
        binder.Unary<EnvelopeList, ReadyMessage>("PublishPayerEnvelopes", EnvelopeList.Parse, async (request, context) =>
        {
            var envelopes = request.Message.Envelopes.Select(bytes =>
            {
                Assert.True(ParsedPayerEnvelope.TryParse(bytes, out var envelope, out var refusal), refusal);
                return envelope;
            }).ToList();
            lock (_lock)
            {
                _publishes.Add(envelopes);
                PublishServices.Add(service);
            }

            if (LosesConnections)
            {
                context.Http.Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }

            if (Garbage is { } garbage) return ReadyMessage.FromBytes(garbage);
            return EnvelopeList.Write([.. (await OnPublish(envelopes)).Select(bytes => (ReadOnlyMemory<byte>)bytes)]);
        });

    private Task<ReadyMessage> QueryAsync(RpcRequest<QueryEnvelopesRequest> request, RpcContext context)
    {
        OnQuery();
        var query = request.Message.Query;
        var limit = request.Message.Limit == 0 ? PageSize : (int)request.Message.Limit;
        lock (_lock)
        {
            var page = _chainLogs
                .Where(entry => query.OriginatorNodeIds.Contains(entry.Log.Value) || query.Topics.Contains(TopicOf(entry.Bytes)))
                .Where(entry => entry.Sequence.Value > query.LastSeen.NodeIdToSequenceId.GetValueOrDefault(entry.Log.Value))
                .OrderBy(entry => entry.Sequence)
                .Take(limit);
            return Task.FromResult(EnvelopeList.Write([.. page.Select(entry => (ReadOnlyMemory<byte>)entry.Bytes)]));
        }
    }

    private static ByteString TopicOf(byte[] bytes)
    {
        Assert.True(SealedEnvelope.TryParse(bytes, out var envelope, out var refusal), refusal);
        return ByteString.CopyFrom(envelope.Topic.Bytes.Span);
    }

    private async Task FollowMarksAsync(RpcRequest<GetSyncCursorRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        while (true)
        {
            Task moved;
            Cursor marks;
            lock (_lock) { (moved, marks) = (_marksMoved.Task, _marks); }
            await responses.WriteAsync(Garbage is { } garbage
                ? ReadyMessage.FromBytes(garbage)
                : ReadyMessage.Encode(new GetSyncCursorResponse { LatestSync = marks.ToWire() }));
            await moved.WaitAsync(context.CancellationToken);
        }
    }
}
