using System.Net;
using Google.Protobuf;
using Grpc.Core;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class WireCheckTests
{
    private static readonly byte[] Request = RawCall.Frame(TestApi.Ask("a").ToByteArray());

    [Theory]
    [InlineData("application/grpc", "application/grpc")]
    [InlineData("application/grpc+proto", "application/grpc+proto")]
    [InlineData("APPLICATION/gRPC; charset=utf-8", "application/grpc")]
    [InlineData("application/grpc-web", "application/grpc-web")]
    [InlineData("application/grpc-web+proto", "application/grpc-web+proto")]
    public async Task ContentType_OfGrpc_IsTakenAndAnsweredInKind(string sent, string answered)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, sent, Request);

        Assert.Equal(HttpStatusCode.OK, call.Http);
        Assert.Equal(answered, call.Header("content-type"));
        Assert.NotEmpty(call.Body);
    }

    [Theory]
    [InlineData("application/grpc+json")]
    [InlineData("application/grpc-web+json")]
    [InlineData("text/plain")]
    [InlineData("application/connect+proto")]
    [InlineData(null)]
    public async Task ContentType_ThatTheMethodDoesNotSpeak_Is415WithTheAcceptedOnes(string? contentType)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, contentType, Request);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, call.Http);
        Assert.Contains("application/grpc-web+proto", call.Header("accept-post"), StringComparison.Ordinal);
        Assert.Contains("application/json", call.Header("accept-post"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContentType_UnaryJsonOnAStream_Is415NamingTheStreamTypes()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.ServerStream, "application/json", "{}"u8.ToArray());

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, call.Http);
        Assert.Contains("application/connect+json", call.Header("accept-post"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "GET")]
    [InlineData(2, "GET")]
    [InlineData(1, "PUT")]
    [InlineData(1, "OPTIONS")]
    public async Task HttpMethod_OtherThanPost_Is405WithAllow(int http, string method)
    {
        await using var host = await RpcHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), TestApi.Unary);

        var call = await RawCall.SendAsync(host.Http(http), request);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, call.Http);
        Assert.Equal("POST", call.Header("allow"));
    }

    [Theory]
    [InlineData("application/grpc", 2)]
    [InlineData("application/grpc-web+proto", 1)]
    [InlineData("application/grpc-web-text", 2)]
    public async Task UnknownMethod_OverGrpc_IsUnimplemented(string contentType, int http)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(http), "/xmtp.xmtpv4.message_api.QueryApi/Nothing", contentType, Request);

        Assert.Equal((HttpStatusCode.OK, StatusCode.Unimplemented), (call.Http, call.Status));
    }

    [Fact]
    public async Task UnknownMethod_OverConnect_Is404WithTheCodeInTheBody()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), "/no.Such/Method", "application/json", "{}"u8.ToArray());

        Assert.Equal(HttpStatusCode.NotFound, call.Http);
        Assert.Equal("""{"code":"unimplemented","message":"unknown method"}""", call.Text);
    }

    [Fact]
    public async Task UnknownPath_AskedByABrowser_Is404()
    {
        await using var host = await RpcHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");

        Assert.Equal(HttpStatusCode.NotFound, (await RawCall.SendAsync(host.Http(), request)).Http);
    }

    [Fact]
    public async Task MethodName_InOtherCase_IsUnknown()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary.ToLowerInvariant(), "application/grpc", Request);

        Assert.Equal(StatusCode.Unimplemented, call.Status);
    }

    [Theory]
    [InlineData("application/grpc-web+proto")]
    [InlineData("application/connect+proto")]
    public async Task Duplex_OverHttp11_Is505AndTheConnectionCloses(string contentType)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.Duplex, contentType, Request);

        Assert.Equal(HttpStatusCode.HttpVersionNotSupported, call.Http);
        Assert.True(call.Response.Headers.ConnectionClose);
    }

    [Theory]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("123456789S")]
    [InlineData("1s")]
    [InlineData("1 S")]
    public async Task GrpcTimeout_Malformed_IsInvalidArgument(string timeout)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, ("grpc-timeout", timeout));

        Assert.Equal(StatusCode.InvalidArgument, call.Status);
        Assert.Equal("malformed grpc-timeout", call.Message);
    }

    [Theory]
    [InlineData("99999999H")]
    [InlineData("10S")]
    [InlineData("60000000u")]
    public async Task GrpcTimeout_LongEnough_IsNoObstacle(string timeout)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, ("grpc-timeout", timeout));

        Assert.Equal(StatusCode.OK, call.Status);
    }

    [Theory]
    [InlineData("application/grpc", "grpc-encoding", "grpc-accept-encoding")]
    [InlineData("application/grpc-web+proto", "grpc-encoding", "grpc-accept-encoding")]
    public async Task Compression_Unknown_IsUnimplementedNamingGzip(string contentType, string encoding, string accepted)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, contentType, Request, (encoding, "zstd"));

        Assert.Equal(StatusCode.Unimplemented, call.Status);
        Assert.Equal("unknown compression \"zstd\": supported encodings are gzip", call.Message);
        Assert.Equal("gzip", call.Header(accepted));
    }

    [Fact]
    public async Task Compression_AskedForByTheClient_IsNotUsed()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", Request, ("grpc-accept-encoding", "gzip"));

        Assert.Equal(StatusCode.OK, call.Status);
        Assert.Null(call.Header("grpc-encoding"));
        Assert.Equal(0, call.Body[0]);
    }
}
