using System.Net;
using Google.Protobuf;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class CorsTests
{
    [Theory]
    [InlineData(1, TestApi.Unary)]
    [InlineData(2, TestApi.Unary)]
    [InlineData(1, "/no/such/path")]
    public async Task Preflight_AnyPath_Is204AllowingWhatClientsSend(int http, string path)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await PreflightAsync(host, http, path, "content-type,x-app-version,x-grpc-web,x-libxmtp-version");

        Assert.Equal(HttpStatusCode.NoContent, call.Http);
        Assert.Equal("*", call.Header("access-control-allow-origin"));
        Assert.Equal("86400", call.Header("access-control-max-age"));
        Assert.Equal("GET,HEAD,POST,PUT,PATCH,DELETE", call.Header("access-control-allow-methods"));
        var allowed = call.Header("access-control-allow-headers")!.ToLowerInvariant().Split(',');
        Assert.Superset(
            new HashSet<string>
            {
                "content-type", "accept", "authorization", "x-grpc-web", "grpc-timeout", "x-libxmtp-version", "x-app-version",
                    "x-user-agent",
                "connect-protocol-version", "connect-timeout-ms", "traceparent", "tracestate",
            },
            allowed.ToHashSet());
    }

    [Fact]
    public async Task Preflight_ForACredentialHeaderOfTheApp_AllowsIt()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await PreflightAsync(host, 1, TestApi.Unary, "x-my-token");

        Assert.Contains("x-my-token", call.Header("access-control-allow-headers")!.Split(','));
    }

    [Fact]
    public async Task Preflight_WithNonsenseAsked_AllowsTheFixedList()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await PreflightAsync(host, 1, TestApi.Unary, "x;y");

        Assert.EndsWith("tracestate", call.Header("access-control-allow-headers"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "application/grpc-web+proto")]
    [InlineData(2, "application/grpc-web+proto")]
    [InlineData(1, "application/proto")]
    [InlineData(1, "text/plain")]
    public async Task Answer_ToABrowser_ExposesTheStatus(int http, string contentType)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(http), TestApi.Unary, contentType, RawCall.Frame(TestApi.Ask("a").ToByteArray()), ("origin", "https://app.example"));

        Assert.Equal("*", call.Header("access-control-allow-origin"));
        Assert.Equal("grpc-status,grpc-message,grpc-status-details-bin,retry-after", call.Header("access-control-expose-headers"));
    }

    private static Task<RawCall> PreflightAsync(RpcHost host, int http, string path, string headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, path);
        request.Headers.Add("origin", "https://app.example");
        request.Headers.Add("access-control-request-method", "POST");
        request.Headers.TryAddWithoutValidation("access-control-request-headers", headers);
        return RawCall.SendAsync(host.Http(http), request);
    }
}
