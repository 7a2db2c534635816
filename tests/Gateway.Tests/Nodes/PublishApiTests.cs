using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;
using Grpc.Core;
using Xmtp.Mls.Api.V1;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Gateway.Nodes;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;
using Cursor = XmtpOrleans.Protocol.Cursors.Cursor;

namespace XmtpOrleans.Gateway.Tests.Nodes;

public sealed class PublishApiTests
{
    private static readonly OriginatorId Self = new(100);

    private static readonly AdmissionOptions Relaxed = new()
    {
        RequireIdentifierLengths = false,
        RequireTopicOfPayload = false,
        RequirePrivateMessages = false,
        RequireKnownWelcomes = false,
        RequireValidKeyPackages = false,
    };

    private readonly OneRoom _publisher = new();
    private readonly MarksReader _reader = new();

    [Fact]
    public async Task Publish_DependsOnWhatIsNotHereYet_KeepsNoRoomWhileItWaits()
    {
        await using var host = await StartAsync();
        _reader.Marks = Cursor.Of(new(0), new(1));

        var waiting = PublishAsync(host, Envelope("a", (0, 2)));
        await _reader.Waiting.Task.WaitAsync(TestContext.Current.CancellationToken);
        var other = await PublishAsync(host, Envelope("b"));
        _reader.Reach(Cursor.Of(new(0), new(2)));

        Assert.Equal(StatusCode.OK, other.Status);
        Assert.Equal(StatusCode.OK, (await waiting).Status);
    }

    [Fact]
    public async Task Publish_DependsOnWhatDoesNotCome_IsRefusedWithBothPositions()
    {
        await using var host = await StartAsync();
        _reader.Marks = Cursor.Of(new(0), new(1));

        var call = PublishAsync(host, Envelope("a", (0, 2)));
        await _reader.Waiting.Task.WaitAsync(TestContext.Current.CancellationToken);
        _reader.Reach(_reader.Marks);

        var (status, text) = await call;
        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.Contains("sequence ID 2 for node ID 0 specified in DependsOn exceeds last seen sequence ID 1", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, StatusCode.OK)]
    [InlineData(false, StatusCode.InvalidArgument)]
    public async Task Publish_DependsOnTheStartOfALog_PassesWhenTheLogIsKnown(bool isKnown, StatusCode expected)
    {
        await using var host = await StartAsync();
        if (isKnown) _reader.Marks = Cursor.Of(new(0), new(7));

        var (status, text) = await PublishAsync(host, Envelope("a", (0, 0)));

        Assert.Equal(expected, status);
        if (!isKnown) Assert.Contains("has not been seen by this node", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publish_EveryEnvelopeOfManyRefused_TextFitsIntoTrailers()
    {
        await using var host = await StartAsync();
        var bad = Enumerable.Repeat(new byte[] { 0xff }, 1_000).ToArray();

        var (status, text) = await PublishAsync(host, bad);

        Assert.Equal(StatusCode.InvalidArgument, status);
        Assert.InRange(text.Length, 100, 8_000);
        Assert.EndsWith("and 992 more", text, StringComparison.Ordinal);
    }

    private async Task<RpcHost> StartAsync()
    {
        var checks = new PublishChecks(Self, new Admission(Relaxed), TimeProvider.System);
        var api = new PublishApi(_publisher, _reader, checks, new NodeApiOptions());
        var host = await RpcHost.StartAsync();
        host.Api.OnRaw = (request, context) =>
            api.PublishAsync(new RpcRequest<PublishPayload>(PublishPayload.Parse(request.Bytes), request.Bytes), context);
        return host;
    }

    private static async Task<(StatusCode? Status, string Text)> PublishAsync(RpcHost host, params byte[][] envelopes)
    {
        var request = ReadyMessage.RepeatedField(1, Array.ConvertAll(envelopes, bytes => new ReadOnlyMemory<byte>(bytes)));
        var call = await RawCall.PostAsync(host.Http(2), TestApi.Raw, "application/grpc", RawCall.Frame(request.ToContiguous().ToArray()));
        return (call.Status, call.Message ?? "");
    }

    private static byte[] Envelope(string text, (uint Originator, ulong Sequence)? dependency = null)
    {
        var client = new ClientEnvelope
        {
            Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom([(byte)TopicKind.GroupMessages, .. new byte[16]]) },
            GroupMessage = new GroupMessageInput { V1 = new GroupMessageInput.Types.V1 { Data = ByteString.CopyFrom([.. MessageHead, .. System.Text.Encoding.UTF8.GetBytes(text)]) } },
        };
        if (dependency is { } named)
        {
            client.Aad.DependsOn = new Xmtp.Xmtpv4.Envelopes.Cursor { NodeIdToSequenceId = { [named.Originator] = named.Sequence } };
        }

        var bytes = client.ToByteArray();
        var key = TestKeys.Key(1);
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        Span<byte> signature = stackalloc byte[Secp256k1.SignatureSize];
        SigningHashes.Payer(Self, bytes, hash);
        key.Sign(hash, signature);
        return EnvelopeEncoder.Payer(bytes, signature, Self, retentionDays: 60);
    }

    // Version 1, private message, group id of 16 bytes, epoch, application data.
    private static byte[] MessageHead => [0, 1, 0, 2, 16, .. new byte[16], .. new byte[8], 1];

    /// <summary>Has room for one request at a time; answers each with what it was sent.</summary>
    private sealed class OneRoom : IPublisher
    {
        private int _taken;

        public bool TryReserve(int count, int bytes, [NotNullWhen(true)] out IDisposable? reservation, out TimeSpan retryAfter)
        {
            (reservation, retryAfter) = (Interlocked.CompareExchange(ref _taken, 1, 0) == 0 ? new Room(this) : null, TimeSpan.FromSeconds(1));
            return reservation is not null;
        }

        public Task<PublishOutcome> PublishAsync(PublishRequest request, TimeSpan patience, CancellationToken cancellationToken) => Task.FromResult(
            new PublishOutcome { Status = PublishStatus.Accepted, Envelopes = Array.ConvertAll(request.Entries, entry => entry.PayerEnvelope) });

        private sealed class Room(OneRoom owner) : IDisposable
        {
            private int _isReturned;

            public void Dispose()
            {
                if (Interlocked.Exchange(ref _isReturned, 1) == 0) Interlocked.Exchange(ref owner._taken, 0);
            }
        }
    }
}
