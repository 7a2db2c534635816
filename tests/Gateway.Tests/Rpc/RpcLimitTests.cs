using System.Net;
using Google.Protobuf;
using Grpc.Core;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Gateway.Rpc.Bodies;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcLimitTests
{
    [Fact]
    public async Task Streams_AboveTheLimitOfTheProcess_AreRefusedUntilOneEnds()
    {
        await using var host = await RpcHost.StartAsync(options => options.MaxOpenStreams = 2);
        using var first = await OpenAsync(host);
        using var second = await OpenAsync(host);

        var refused = await TryOpenAsync(host);
        first.Dispose();
        await Eventually.TrueAsync(() => Streams(host).Count == 1, "the first stream has ended");
        using var third = await OpenAsync(host);

        Assert.Equal((StatusCode.ResourceExhausted, "too many open streams"), (refused.StatusCode, refused.Detail));
    }

    [Fact]
    public async Task Streams_AboveTheLimitOfAClient_AreRefusedForItAlone()
    {
        await using var host = await RpcHost.StartAsync(options =>
        {
            options.MaxOpenStreamsPerClient = 1;
            options.TrustedProxies = ["127.0.0.0/8"];
        });
        using var own = await OpenAsync(host);
        using var other = await OpenAsync(host, from: "203.0.113.9");

        var refused = await TryOpenAsync(host);
        var otherRefused = await TryOpenAsync(host, from: "203.0.113.9");

        Assert.Equal((StatusCode.ResourceExhausted, "too many open streams from this address"), (refused.StatusCode, refused.Detail));
        Assert.Equal(StatusCode.ResourceExhausted, otherRefused.StatusCode);
    }

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::2", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("1.2.3.4", "102:304::", false)]
    public async Task Streams_OfOneIPv6Network_CountAsOneClient(string first, string second, bool isOne)
    {
        await using var host = await RpcHost.StartAsync(options =>
        {
            options.MaxOpenStreamsPerClient = 1;
            options.TrustedProxies = ["127.0.0.0/8"];
        });
        using var call = await OpenAsync(host, first);

        var status = await TryOpenAsync(host, second);

        Assert.Equal(isOne ? StatusCode.ResourceExhausted : StatusCode.OK, status.StatusCode);
    }

    [Fact]
    public async Task LargeRequests_AboveTheBudget_AreRefusedAndTheirBytesGivenBack()
    {
        await using var host = await RpcHost.StartAsync(options => options.MaxRequestBytesHeld = RpcOptions.MaxMessageBytes);
        var bodies = (RequestBodies)host.Services.GetService(typeof(RequestBodies))!;
        var release = new TaskCompletionSource();
        host.Api.OnRaw = async (_, _) =>
        {
            await release.Task;
            return ReadyMessage.Empty;
        };
        var first = PostAsync(host, 20_000_000);
        await Eventually.TrueAsync(() => bodies.Held.Taken >= 20_000_000, "the first request has arrived");

        var second = await PostAsync(host, 20_000_000);
        release.SetResult();

        Assert.Equal((StatusCode.Unavailable, "server is busy with large requests"), (second.Status, second.Message));
        Assert.Equal(StatusCode.OK, (await first).Status);
        await Eventually.TrueAsync(() => bodies.Held.Taken == 0, "all bytes are given back");
    }

    [Fact]
    public async Task Connections_AboveTheLimit_AreClosed()
    {
        await using var host = await RpcHost.StartAsync(options => options.MaxConnections = 1);
        await using var first = await Http2Wire.ConnectAsync(host.Address);
        await first.OpenWithMessageAsync(1, TestApi.Unary, TestApi.Ask("a").ToByteArray());
        await first.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data);

        await Assert.ThrowsAsync<HttpRequestException>(() => PostAsync(host, 1));
    }

    private static OpenStreams Streams(RpcHost host) => (OpenStreams)host.Services.GetService(typeof(OpenStreams))!;

    private static Task<RawCall> PostAsync(RpcHost host, int length) =>
        RawCall.PostAsync(host.Http(2), TestApi.Raw, "application/grpc", RawCall.Frame(new byte[length]));

    private static async Task<HttpResponseMessage> OpenAsync(RpcHost host, string? from = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, TestApi.ServerStream)
        {
            Content = new ByteArrayContent(RawCall.Frame(TestApi.Filters("idle").ToByteArray())),
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Content.Headers.ContentType = new("application/grpc");
        if (from is not null) request.Headers.Add("x-forwarded-for", from);
        return await host.Http(2).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    private static async Task<Status> TryOpenAsync(RpcHost host, string? from = null)
    {
        using var response = await OpenAsync(host, from);
        if (!response.Headers.TryGetValues("grpc-status", out var status)) return Status.DefaultSuccess;

        return new Status((StatusCode)int.Parse(status.Single()),
            Uri.UnescapeDataString(response.Headers.GetValues("grpc-message").Single()));
    }
}
