using System.Net;
using System.Text;
using Google.Protobuf;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class ConnectTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Unary_Proto_Answers(int http)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(http), TestApi.Unary, "application/proto", TestApi.Ask("a").ToByteArray());

        Assert.Equal((HttpStatusCode.OK, "application/proto"), (call.Http, call.Header("content-type")));
        Assert.Equal("a", GetInboxIdsResponse.Parser.ParseFrom(call.Body).Responses.Single().InboxId);
    }

    [Fact]
    public async Task Unary_Json_AnswersWithLongIntegersAsText()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.Cursor, "application/json; charset=utf-8", "{}"u8.ToArray());

        Assert.Equal((HttpStatusCode.OK, "application/json"), (call.Http, call.Header("content-type")));
        Assert.Equal("""{ "latestSync": { "nodeIdToSequenceId": { "100": "18446744073709551615" } } }""", call.Text);
    }

    [Fact]
    public async Task Unary_JsonOfReadyBytes_IsTheMessage()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await JsonAsync(host, TestApi.Ready, """{"query":{"topics":["YWJj"]}}""");

        Assert.Equal("""{ "envelopes": [ { "unsignedOriginatorEnvelope": "YWJj" } ] }""", call.Text);
    }

    [Fact]
    public async Task Unary_JsonWithUnknownFields_IgnoresThem()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await JsonAsync(host, TestApi.Unary, """{"requests":[{"identifier":"a","shoeSize":47}],"later":{}}""");

        Assert.Contains("\"inboxId\": \"a\"", call.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"requests":7}""")]
    [InlineData("""{"requests":[{"identifier":"\ud800"}]}""")]
    [InlineData("""{"requests":[{"identifier":1e}]}""")]
    public async Task Unary_BadJson_IsInvalidArgument(string json)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await JsonAsync(host, TestApi.Unary, json);

        Assert.Equal(HttpStatusCode.BadRequest, call.Http);
        Assert.StartsWith("""{"code":"invalid_argument","message":"unmarshal message: """, call.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_JsonNestedTooDeep_IsInvalidArgument()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await JsonAsync(host, TestApi.Unary, string.Concat(Enumerable.Repeat("""{"x":""", 100_000)));

        Assert.Equal(HttpStatusCode.BadRequest, call.Http);
    }

    [Fact]
    public async Task Unary_Refusal_IsAnHttpStatusAndJsonWithDetails()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await JsonAsync(host, TestApi.Unary, """{"requests":[{"identifier":"busy"}]}""");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/json", "2"),
            (call.Http, call.Header("content-type"), call.Header("retry-after")));
        var retry = Convert.ToBase64String(
            new Google.Rpc.RetryInfo { RetryDelay = new() { Seconds = 1, Nanos = 500_000_000 } }.ToByteArray()).TrimEnd('=');
        Assert.Equal(
            $$"""{"code":"unavailable","message":"come back later","details":[{"type":"google.rpc.RetryInfo","value":"{{retry}}"}]}""",
            call.Text);
    }

    [Fact]
    public async Task Unary_Gzip_IsUnpacked()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(), TestApi.Unary, "application/json",
                RequestBodyTests.Packed("""{"requests":[{"identifier":"packed"}]}"""u8.ToArray()), ("content-encoding", "gzip"));

        Assert.Contains("\"packed\"", call.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unary_GzipThatUnpacksBeyondTheLimit_IsResourceExhausted()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(), TestApi.Unary, "application/proto", RequestBodyTests.Packed(new byte[RpcOptions.MaxMessageBytes + 1]),
                ("content-encoding", "gzip"));

        Assert.Equal(HttpStatusCode.TooManyRequests, call.Http);
    }

    [Fact]
    public async Task Unary_BodyBeyondTheLimit_IsResourceExhausted()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Raw, "application/proto", new byte[RpcOptions.MaxMessageBytes + 1]);

        Assert.Equal(HttpStatusCode.TooManyRequests, call.Http);
        Assert.Contains("is larger than configured max 26214400", call.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/proto")]
    [InlineData("application/json")]
    public async Task Unary_LargeAnswer_ArrivesWhole(string contentType)
    {
        await using var host = await RpcHost.StartAsync();
        var identifiers = Enumerable.Range(0, 20_000).Select(i => $"identifier {i}").ToArray();
        var request = contentType == "application/json"
            ? Encoding.UTF8.GetBytes(JsonFormatter.Default.Format(TestApi.Ask(identifiers)))
            : TestApi.Ask(identifiers).ToByteArray();

        var call = await RawCall.PostAsync(host.Http(), TestApi.Unary, contentType, request);

        var response = contentType == "application/json"
            ? GetInboxIdsResponse.Parser.ParseJson(call.Text) : GetInboxIdsResponse.Parser.ParseFrom(call.Body);
        Assert.Equal(identifiers, response.Responses.Select(answer => answer.InboxId));
    }

    [Fact]
    public async Task Unary_OtherCompression_IsUnimplemented()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.Unary, "application/json", "{}"u8.ToArray(), ("content-encoding", "br"));

        Assert.Equal((HttpStatusCode.NotImplemented, "gzip"), (call.Http, call.Header("accept-encoding")));
    }

    [Theory]
    [InlineData("20", HttpStatusCode.GatewayTimeout, "deadline_exceeded")]
    [InlineData("x", HttpStatusCode.BadRequest, "invalid_argument")]
    [InlineData("12345678901", HttpStatusCode.BadRequest, "invalid_argument")]
    public async Task Unary_Timeout_IsObeyedOrRefused(string timeout, HttpStatusCode http, string code)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(), TestApi.Unary, "application/json", """{"requests":[{"identifier":"hang"}]}"""u8.ToArray(),
                ("connect-timeout-ms", timeout));

        Assert.Equal(http, call.Http);
        Assert.Contains($"\"code\":\"{code}\"", call.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ProtocolVersion_OtherThanOne_IsInvalidArgument()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.Unary, "application/json", "{}"u8.ToArray(),
            ("connect-protocol-version", "2"));

        Assert.Equal(HttpStatusCode.BadRequest, call.Http);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Stream_Json_DeliversFramesAndAnEnd(int http)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(http), TestApi.ServerStream, "application/connect+json",
                RawCall.Frame("""{"filters":[{"topic":"YQ=="}]}"""u8.ToArray()));

        Assert.Equal((HttpStatusCode.OK, "application/connect+json"), (call.Http, call.Header("content-type")));
        Assert.Equal(
            [
                (0, """{ "statusUpdate": { "status": "SUBSCRIPTION_STATUS_STARTED" } }"""),
                (0, """{ "envelopes": { "envelopes": [ { "unsignedOriginatorEnvelope": "YQ==" } ] } }"""),
                (2, "{}"),
            ],
            Frames(call.Body));
    }

    [Fact]
    public async Task Stream_Fails_EndsWithTheErrorInTheLastFrame()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(), TestApi.ServerStream, "application/connect+proto", RawCall.Frame(TestApi.Filters("a", "busy").ToByteArray()));

        var (flag, end) = Frames(call.Body)[^1];
        Assert.Equal(2, flag);
        Assert.StartsWith("""{"error":{"code":"unavailable","message":"come back later","details":[{"type":"google.rpc.RetryInfo",""",
            end, StringComparison.Ordinal);
        Assert.EndsWith("""}]},"metadata":{"retry-after":["2"]}}""", end, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { }, "missing request message")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "unmarshal message: truncated message")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "more than one request message")]
    [InlineData(new byte[] { 0, 0, 0, 0, 2, 0x0a, 0x7f }, "unmarshal message: ")]
    public async Task Stream_BadRequest_EndsWithInvalidArgument(byte[] body, string text)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.ServerStream, "application/connect+proto", body);

        Assert.Equal(HttpStatusCode.OK, call.Http);
        Assert.StartsWith($$"""{"error":{"code":"invalid_argument","message":"{{text}}""", Frames(call.Body).Single().Text,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_Duplex_IsServedOverHttp2()
    {
        await using var host = await RpcHost.StartAsync();
        var ping = new SubscribeRequest { V1 = new() { Ping = new() { Nonce = 5 } } }.ToByteArray();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Duplex, "application/connect+proto",
            [.. RawCall.Frame(ping), .. RawCall.Frame(ping)]);

        Assert.Equal([0, 0, 2], Frames(call.Body).Select(frame => frame.Flag));
    }

    [Fact]
    public async Task Draining_Call_IsUnavailable()
    {
        await using var host = await RpcHost.StartAsync();
        host.State.MoveTo(ServingPhase.Draining);

        var call = await JsonAsync(host, TestApi.Unary, "{}");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, call.Http);
    }

    private static Task<RawCall> JsonAsync(RpcHost host, string path, string json) =>
        RawCall.PostAsync(host.Http(), path, "application/json", Encoding.UTF8.GetBytes(json));

    private static List<(int Flag, string Text)> Frames(byte[] body)
    {
        var frames = new List<(int, string)>();
        for (var rest = body.AsSpan(); rest.Length > 0;)
        {
            var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            frames.Add((rest[0], Encoding.UTF8.GetString(rest.Slice(5, length))));
            rest = rest[(5 + length)..];
        }

        return frames;
    }
}
