using System.Net;
using System.Net.Security;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Rpc.Binding;

namespace XmtpOrleans.Gateway.Tests.Rpc;

/// <summary>The RPC front on a free port of this machine, with <see cref="TestApi"/> behind it.</summary>
internal sealed class RpcHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<IDisposable> _owned = [];

    private RpcHost(WebApplication app, TestApi api)
    {
        (_app, Api) = (app, api);
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        Address = new Uri(addresses.First());
    }

    public TestApi Api { get; }

    public Uri Address { get; }

    public IServiceProvider Services => _app.Services;

    public ServingState State => Services.GetRequiredService<ServingState>();

    public static async Task<RpcHost> StartAsync(
        Action<RpcOptions>? options = null, Action<IServiceCollection>? services = null, RpcTlsOptions? tls = null, bool serving = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var api = new TestApi();
        builder.Services.AddSingleton<IRpcService>(api);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        services?.Invoke(builder.Services);
        builder.Services.AddRpc();
        if (options is not null) builder.Services.Configure(options);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenRpc(new IPEndPoint(IPAddress.Loopback, 0), tls));
        var app = builder.Build();
        app.UseRpc();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var host = new RpcHost(app, api);
        if (serving) host.State.MoveTo(ServingPhase.Serving);
        return host;
    }

    /// <summary>A native gRPC client, or gRPC-Web over the given HTTP version.</summary>
    public CallInvoker Invoker(GrpcWebMode? web = null, Version? http = null)
    {
        HttpMessageHandler handler = Handler();
        if (web is { } mode) handler = new GrpcWebHandler(mode, handler);
        var channel = GrpcChannel.ForAddress(Address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            HttpVersion = http,
            HttpVersionPolicy = http is null ? null : HttpVersionPolicy.RequestVersionExact,
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
        _owned.Add(channel);
        return channel.CreateCallInvoker();
    }

    public HttpClient Http(int major = 1)
    {
        var client = new HttpClient(Handler())
        {
            BaseAddress = Address,
            DefaultRequestVersion = major == 1 ? HttpVersion.Version11 : HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        _owned.Add(client);
        return client;
    }

    public Task StopAsync() => _app.StopAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _owned.ForEach(owned => owned.Dispose());
        await _app.DisposeAsync();
    }

    // The certificate of the tests is signed by nobody.
    private static SocketsHttpHandler Handler() => new()
    {
        UseProxy = false,
        ActivityHeadersPropagator = null,
        EnableMultipleHttp2Connections = true,
        SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate?.Subject == "CN=rpc.test" },
    };
}

/// <summary>Calls of <see cref="TestApi"/> by a client that has only the messages.</summary>
internal static class TestCalls
{
    private static readonly Method<GetInboxIdsRequest, GetInboxIdsResponse> UnaryMethod = Make<GetInboxIdsRequest, GetInboxIdsResponse>(
        TestApi.Unary, MethodType.Unary);

    private static readonly Method<SubscribeTopicsRequest, SubscribeTopicsResponse> StreamMethod =
        Make<SubscribeTopicsRequest, SubscribeTopicsResponse>(TestApi.ServerStream, MethodType.ServerStreaming);

    private static readonly Method<SubscribeRequest, SubscribeResponse> DuplexMethod =
        Make<SubscribeRequest, SubscribeResponse>(TestApi.Duplex, MethodType.DuplexStreaming);

    public static AsyncUnaryCall<GetInboxIdsResponse> Unary(this CallInvoker invoker, params string[] identifiers) =>
        invoker.AsyncUnaryCall(UnaryMethod, host: null, Options(), TestApi.Ask(identifiers));

    public static AsyncUnaryCall<GetInboxIdsResponse> Unary(this CallInvoker invoker, CallOptions options, params string[] identifiers) =>
        invoker.AsyncUnaryCall(UnaryMethod, host: null, options, TestApi.Ask(identifiers));

    public static AsyncServerStreamingCall<SubscribeTopicsResponse> Stream(this CallInvoker invoker, params string[] topics) =>
        invoker.AsyncServerStreamingCall(StreamMethod, host: null, Options(), TestApi.Filters(topics));

    public static AsyncDuplexStreamingCall<SubscribeRequest, SubscribeResponse> Duplex(this CallInvoker invoker) =>
        invoker.AsyncDuplexStreamingCall(DuplexMethod, host: null, Options());

    public static Method<TRequest, TResponse> Make<TRequest, TResponse>(string path, MethodType type)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var parts = path.Split('/');
        return new Method<TRequest, TResponse>(type, parts[1], parts[2], Marshaller<TRequest>(), Marshaller<TResponse>());
    }

    /// <summary>The rest of a stream, and the status it ended with.</summary>
    public static async Task<(IReadOnlyList<T> Messages, Grpc.Core.Status Status)> DrainAsync<T>(this IAsyncStreamReader<T> stream)
    {
        var messages = new List<T>();
        try
        {
            while (await stream.MoveNext(TestContext.Current.CancellationToken)) messages.Add(stream.Current);
            return (messages, Grpc.Core.Status.DefaultSuccess);
        }
        catch (RpcException failure)
        {
            return (messages, failure.Status);
        }
    }

    private static CallOptions Options() => new(cancellationToken: TestContext.Current.CancellationToken);

    private static Marshaller<T> Marshaller<T>()
        where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        return Marshallers.Create(message => message.ToByteArray(), parser.ParseFrom);
    }
}
