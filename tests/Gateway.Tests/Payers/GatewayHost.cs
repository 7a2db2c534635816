using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
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
using Microsoft.Extensions.Time.Testing;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.PayerApi;
using XmtpOrleans.Gateway.Payers;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Tests.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Gateway.Tests.Payers;

/// <summary>A payer gateway on a port of its own before fake nodes and a fake chain, on a clock that the test moves.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    /// <summary>Within the life of the recorded key package.</summary>
    public static readonly DateTimeOffset Start = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);

    private readonly List<FakeNode> _nodes = [];
    private readonly FakeRegistry _registry = new();
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;

    private GatewayHost()
    {
    }

    public FakeTimeProvider Clock { get; } = new(Start);

    public FakeChain Chain { get; } = new();

    public IReadOnlyList<FakeNode> Nodes => _nodes;

    public FakeNode Node => _nodes.Single();

    public static EthereumAddress Payer => PayerKey.Address;

    private static Secp256k1PrivateKey PayerKey => FakeNode.Key(7);

    public static async Task<GatewayHost> StartAsync(
        uint[]? nodes = null,
        Action<PayerOptions>? options = null,
        Action<IServiceCollection>? services = null,
        bool nodesHavePublishApi = true)
    {
        var host = new GatewayHost();
        foreach (var id in nodes ?? [100])
        {
            host._nodes.Add(await FakeNode.StartAsync(id, host.Clock, nodesHavePublishApi));
        }

        host._registry.Current = [.. host._nodes.Select(node => node.Registered)];
        host.Chain.OnEvent = appended => host._nodes.ForEach(node => node.Store(appended));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(host.Clock);
        builder.Services.AddSingleton<INodeRegistry>(host._registry);
        builder.Services.AddSingleton<IAppChain>(host.Chain);
        builder.Services.AddSingleton<IRates, DefaultRates>();
        builder.Services.AddSingleton<IWalletVerifier, NoWallets>();
        services?.Invoke(builder.Services);
        builder.Services.AddRpc();
        builder.Services.AddPayerGateway(PayerKey);
        if (options is not null) builder.Services.Configure(options);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(IPAddress.Loopback, 0)));
        host._app = builder.Build();
        host._app.UseRpc();
        await host._app.StartAsync(TestContext.Current.CancellationToken);
        host._app.Services.GetRequiredService<ServingState>().MoveTo(ServingPhase.Serving);
        host._channel = GrpcChannel.ForAddress(
            host._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

        // From here on only the test's clock decides when nodes are looked at again.
        await host._app.Services.GetRequiredService<NodeHealth>().FirstRound.WaitAsync(TestContext.Current.CancellationToken);
        return host;
    }

    /// <summary>Changes what the registry lists.</summary>
    public void Register(params IEnumerable<RegisteredNode> nodes) => _registry.Current = [.. nodes];

    /// <summary>Whether a meter counts for this gateway.</summary>
    public bool Owns(Meter meter) => ReferenceEquals(meter.Scope, _app.Services.GetRequiredService<IMeterFactory>());

    /// <summary>Lets the gateway look at its nodes once more.</summary>
    public Task CheckHealthAsync() => _app.Services.GetRequiredService<NodeHealth>().CheckAllAsync(TestContext.Current.CancellationToken);

    /// <summary>Moves the clock until the call has ended; by how much depends on when its timers start.</summary>
    public async Task AdvanceUntilEndOfAsync(Task call)
    {
        while (!call.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(call, Task.Delay(10, TestContext.Current.CancellationToken));
        }
    }

    /// <summary>Publishes, and reads the answer.</summary>
    public Task<IReadOnlyList<SealedEnvelope>> PublishAsync(params ClientEnvelope[] envelopes) => PublishAsync("xmtp.xmtpv4.payer_api.PayerApi", envelopes);

    public async Task<IReadOnlyList<SealedEnvelope>> PublishAsync(
        string service, IEnumerable<ClientEnvelope> envelopes, CancellationToken? cancellationToken = null)
    {
        var method = TestCalls.Make<PublishClientEnvelopesRequest, PublishClientEnvelopesResponse>(
            $"/{service}/PublishClientEnvelopes", MethodType.Unary);
        var options = new CallOptions(cancellationToken: cancellationToken ?? TestContext.Current.CancellationToken);
        var answer = await _channel.CreateCallInvoker()
            .AsyncUnaryCall(method, host: null, options, new PublishClientEnvelopesRequest { Envelopes = { envelopes } });
        return [.. answer.OriginatorEnvelopes.Select(Seal)];
    }

    public Task<RpcException> RefuseAsync(params ClientEnvelope[] envelopes) => Assert.ThrowsAsync<RpcException>(() => PublishAsync(envelopes));

    public async Task<IDictionary<uint, string>> GetNodesAsync(string service = "xmtp.xmtpv4.payer_api.PayerApi")
    {
        var method = TestCalls.Make<GetNodesRequest, GetNodesResponse>($"/{service}/GetNodes", MethodType.Unary);
        var options = new CallOptions(cancellationToken: TestContext.Current.CancellationToken);
        return (await _channel.CreateCallInvoker().AsyncUnaryCall(method, host: null, options, new GetNodesRequest())).Nodes;
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    private static SealedEnvelope Seal(OriginatorEnvelope envelope)
    {
        Assert.True(SealedEnvelope.TryParse(envelope.ToByteArray(), out var parsed, out var refusal), refusal);
        return parsed;
    }

    private sealed class FakeRegistry : INodeRegistry
    {
        public IReadOnlyList<RegisteredNode> Current { get; set; } = [];
    }

    private sealed class NoWallets : IWalletVerifier
    {
        public Task<IReadOnlyList<WalletVerdict>> VerifyAsync(IReadOnlyList<WalletCheck> checks, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<WalletVerdict>>([.. checks.Select(_ => new WalletVerdict(WalletVerdictKind.NoVerifier))]);
    }

    private sealed class DefaultRates : IRates
    {
        public bool TryGet(long timeNs, [NotNullWhen(true)] out Rates? rates)
        {
            rates = Rates.Default;
            return true;
        }
    }
}
