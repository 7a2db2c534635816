using System.IO.Compression;
using Google.Protobuf;
using Grpc.Core;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RequestBodyTests
{
    private static readonly (string, string) Gzip = ("grpc-encoding", "gzip");

    public static TheoryData<string, byte[], StatusCode, string> BadBodies => new()
    {
        { "no message", [], StatusCode.InvalidArgument, "missing request message" },
        { "half a header", [0, 0, 0], StatusCode.InvalidArgument, "unmarshal message: truncated message" },
        { "half a message", [0, 0, 0, 0, 9, 1, 2], StatusCode.InvalidArgument, "unmarshal message: truncated message" },
        { "two messages", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0], StatusCode.InvalidArgument, "more than one request message" },
        { "an odd flag", [7, 0, 0, 0, 0], StatusCode.InvalidArgument, "unmarshal message: unknown frame flag" },
        { "too long", [0, 1, 144, 0, 1], StatusCode.ResourceExhausted, "message size 26214401 is larger than configured max 26214400" },
        { "far too long", [0, 255, 255, 255, 255], StatusCode.ResourceExhausted,
            "message size 4294967295 is larger than configured max 26214400" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task Grpc_BadBody_IsRefusedWithTheReason(string what, byte[] body, StatusCode status, string text)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", body);

        Assert.True((call.Status, call.Message) == (status, text), $"{what}: {call.Status} {call.Message}");
    }

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task GrpcWebText_BadBody_IsRefusedWithTheReason(string what, byte[] body, StatusCode status, string text)
    {
        await using var host = await RpcHost.StartAsync();

        var base64 = System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(body));
        var call = await RawCall.PostAsync(host.Http(), TestApi.ServerStream, "application/grpc-web-text", base64);

        Assert.True((call.Status, call.Message) == (status, text), $"{what}: {call.Status} {call.Message}");
    }

    [Theory]
    [InlineData("application/grpc", 2)]
    [InlineData("application/grpc-web+proto", 1)]
    public async Task Message_ThatIsNoProtobuf_IsInvalidArgument(string contentType, int http)
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(http), TestApi.Unary, contentType, RawCall.Frame([0x0a, 0xff, 0x01]));

        Assert.Equal(StatusCode.InvalidArgument, call.Status);
        Assert.StartsWith("unmarshal message: ", call.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_ThatIsNoBase64_IsInvalidArgument()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(), TestApi.Unary, "application/grpc-web-text", "AAAAA*()"u8.ToArray());

        Assert.Equal(StatusCode.InvalidArgument, call.Status);
    }

    [Fact]
    public async Task Message_Empty_IsARequest()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Cursor, "application/grpc", [0, 0, 0, 0, 0]);

        Assert.Equal(StatusCode.OK, call.Status);
    }

    [Fact]
    public async Task Message_OfTheLargestSize_IsTakenByteForByte()
    {
        await using var host = await RpcHost.StartAsync();
        var message = new byte[RpcOptions.MaxMessageBytes];
        new Random(4).NextBytes(message);
        var received = Array.Empty<byte>();
        host.Api.OnRaw = (request, _) =>
        {
            received = request.Bytes.ToArray();
            return Task.FromResult(ReadyMessage.Empty);
        };

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Raw, "application/grpc", RawCall.Frame(message));

        Assert.Equal(StatusCode.OK, call.Status);
        Assert.Equal(message, received);
    }

    [Fact]
    public async Task Gzip_Message_IsUnpacked()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(2), TestApi.Unary, "application/grpc", RawCall.Frame(Packed(TestApi.Ask("packed").ToByteArray()), flag: 1), Gzip);

        Assert.Equal(StatusCode.OK, call.Status);
        Assert.Contains("packed", call.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gzip_MessageThatUnpacksBeyondTheLimit_IsResourceExhausted()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(
            host.Http(2), TestApi.Unary, "application/grpc", RawCall.Frame(Packed(new byte[RpcOptions.MaxMessageBytes + 1]), flag: 1),
                Gzip);

        Assert.Equal(StatusCode.ResourceExhausted, call.Status);
        Assert.Contains("is larger than configured max 26214400", call.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gzip_Damaged_IsInvalidArgument()
    {
        await using var host = await RpcHost.StartAsync();

        var call = await RawCall.PostAsync(host.Http(2), TestApi.Unary, "application/grpc", RawCall.Frame([1, 2, 3, 4], flag: 1), Gzip);

        Assert.Equal((StatusCode.InvalidArgument, "unmarshal message: damaged gzip data"), (call.Status, call.Message));
    }

    internal static byte[] Packed(byte[] plain)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(plain);
        return packed.ToArray();
    }
}
