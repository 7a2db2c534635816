using System.Net;
using Grpc.Core;
using Grpc.Net.Client.Web;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcProtocolTests
{
    public static TheoryData<GrpcWebMode?, int> Protocols => new()
    {
        { null, 2 },
        { GrpcWebMode.GrpcWeb, 1 },
        { GrpcWebMode.GrpcWeb, 2 },
        { GrpcWebMode.GrpcWebText, 1 },
        { GrpcWebMode.GrpcWebText, 2 },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Unary_AnyGrpcProtocol_Answers(GrpcWebMode? web, int http)
    {
        await using var host = await RpcHost.StartAsync();

        var response = await host.Invoker(web, new Version(http, http == 1 ? 1 : 0)).Unary("a", "b");

        Assert.Equal(["a", "b"], response.Responses.Select(answer => answer.InboxId));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task ServerStream_AnyGrpcProtocol_DeliversFramesAndEndsWell(GrpcWebMode? web, int http)
    {
        await using var host = await RpcHost.StartAsync();

        using var call = host.Invoker(web, new Version(http, http == 1 ? 1 : 0)).Stream("a", "b", "c");
        var (messages, status) = await call.ResponseStream.DrainAsync();

        Assert.Equal(StatusCode.OK, status.StatusCode);
        Assert.Equal(
            ["a", "b", "c"],
            messages.Skip(1).Select(message => message.Envelopes.Envelopes_.Single().UnsignedOriginatorEnvelope.ToStringUtf8()));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task ServerStream_FailsAfterMessages_EndsWithTheStatus(GrpcWebMode? web, int http)
    {
        await using var host = await RpcHost.StartAsync();

        using var call = host.Invoker(web, new Version(http, http == 1 ? 1 : 0)).Stream("a", "busy");
        var (messages, status) = await call.ResponseStream.DrainAsync();

        Assert.Equal(2, messages.Count);
        Assert.True(status.StatusCode == StatusCode.Unavailable, status.ToString());
        Assert.Equal("come back later", status.Detail);
    }

    [Fact]
    public async Task Duplex_OverHttp2_AnswersWhileTheClientIsStillWriting()
    {
        await using var host = await RpcHost.StartAsync();
        using var call = host.Invoker().Duplex();

        for (ulong nonce = 1; nonce <= 3; nonce++)
        {
            await call.RequestStream.WriteAsync(new() { V1 = new() { Ping = new() { Nonce = nonce } } },
                TestContext.Current.CancellationToken);
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            Assert.Equal(nonce, call.ResponseStream.Current.V1.Pong.Nonce);
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(StatusCode.OK, (await call.ResponseStream.DrainAsync()).Status.StatusCode);
    }
}
