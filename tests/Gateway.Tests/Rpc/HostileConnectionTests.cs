using System.Net.Sockets;
using System.Text;
using Google.Protobuf;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class HostileConnectionTests
{
    private static readonly byte[] Request = TestApi.Ask("a").ToByteArray();

    [Theory]
    [InlineData("")]
    [InlineData("PRI * HT")]
    public async Task Connection_SaysNothingOrHalfAPreface_IsClosed(string start)
    {
        var clock = new FakeTimeProvider();
        await using var host = await RpcHost.StartAsync(services: services => services.UseClock(clock));
        using var client = new TcpClient(host.Address.Host, host.Address.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(start), TestContext.Current.CancellationToken);

        Assert.Equal(0, await clock.PassUntilAsync(ReadAsync(client)));
    }

    [Fact]
    public async Task Connection_SendsAPrefaceByteByByte_IsHttp2()
    {
        await using var host = await RpcHost.StartAsync();
        using var client = new TcpClient(host.Address.Host, host.Address.Port) { NoDelay = true };
        foreach (var value in "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray())
        {
            await client.GetStream().WriteAsync(new[] { value }, TestContext.Current.CancellationToken);
        }

        var header = new byte[9];
        await client.GetStream().ReadExactlyAsync(header, TestContext.Current.CancellationToken);

        Assert.Equal(Http2Wire.Settings, header[3]);
    }

    [Fact]
    public async Task Connection_SaysPost_IsHttp11()
    {
        await using var host = await RpcHost.StartAsync();
        using var client = new TcpClient(host.Address.Host, host.Address.Port);
        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST {TestApi.Unary} HTTP/1.1\r\nHost: n\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"),
            TestContext.Current.CancellationToken);

        var start = new byte[12];
        await client.GetStream().ReadExactlyAsync(start, TestContext.Current.CancellationToken);

        Assert.Equal("HTTP/1.1 200", Encoding.ASCII.GetString(start));
    }

    [Fact]
    public async Task Headers_NeverEnded_CloseTheConnection()
    {
        await using var host = await RpcHost.StartAsync(options => options.HeadersTimeout = TimeSpan.FromSeconds(1));
        await using var wire = await Http2Wire.ConnectAsync(host.Address);
        await wire.OpenAsync(1, TestApi.Unary, flags: 0);

        while (await wire.ReceiveAsync() is { } frame)
        {
            Assert.Equal(Http2Wire.GoAway, frame.Type);
        }
    }

    [Fact]
    public async Task Streams_300OnAConnection_250AreServedAndTheRestRefused()
    {
        await using var host = await RpcHost.StartAsync();
        var release = new TaskCompletionSource();
        host.Api.OnUnary = async (_, _) =>
        {
            await release.Task;
            return new();
        };
        await using var wire = await Http2Wire.ConnectAsync(host.Address);
        for (var stream = 1; stream < 600; stream += 2) await wire.OpenWithMessageAsync(stream, TestApi.Unary, Request);

        for (var refused = 0; refused < 50; refused++)
        {
            Assert.True((await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Reset)).Stream > 500);
        }

        release.SetResult();
        for (var served = 0; served < 250; served++)
        {
            Assert.True((await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data)).Stream < 500);
        }
    }

    [Fact]
    public async Task RapidReset_EndsThatConnectionAndNoOther()
    {
        await using var host = await RpcHost.StartAsync();
        await using var other = await Http2Wire.ConnectAsync(host.Address);
        await using var wire = await Http2Wire.ConnectAsync(host.Address);
        try
        {
            for (var stream = 1; stream < 20_000; stream += 2)
            {
                await wire.OpenAsync(stream, TestApi.ServerStream);
                await wire.SendAsync(Http2Wire.Reset, flags: 0, stream, [0, 0, 0, 8]);
            }
        }
        catch (IOException)
        {
            // The server has had enough.
        }

        while (await wire.ReceiveAsync() is not null)
        {
        }

        await other.OpenWithMessageAsync(1, TestApi.Unary, Request);
        Assert.Equal(1, (await other.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data)).Stream);
    }

    [Fact]
    public async Task Pings_ManyAndWithoutCalls_AreAllAnswered()
    {
        await using var host = await RpcHost.StartAsync();
        await using var wire = await Http2Wire.ConnectAsync(host.Address);

        for (byte ping = 0; ping < 100; ping++)
        {
            await wire.SendAsync(Http2Wire.Ping, flags: 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, ping]);
            var answer = await wire.ReceiveAsync();
            Assert.Equal((Http2Wire.Ping, ping), (answer!.Value.Type, answer.Value.Payload[7]));
        }
    }

    [Fact]
    public async Task Body_NeverSent_EndsTheCallAfterTheReadTimeout()
    {
        var clock = new FakeTimeProvider();
        await using var host = await RpcHost.StartAsync(services: services => services.UseClock(clock));
        await using var wire = await Http2Wire.ConnectAsync(host.Address);
        await wire.OpenAsync(1, TestApi.Unary);

        var headers = await clock.PassUntilAsync(wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Headers));

        Assert.Contains("request did not arrive in time", Encoding.ASCII.GetString(headers.Payload), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Duplex_SaysNothingForAnHour_StaysOpen()
    {
        var clock = new FakeTimeProvider();
        await using var host = await RpcHost.StartAsync(services: services => services.UseClock(clock));
        var ended = new TaskCompletionSource();
        var handler = host.Api.OnDuplex;
        host.Api.OnDuplex = async (requests, responses, context) =>
        {
            await handler(requests, responses, context);
            ended.SetResult();
        };
        await using var wire = await Http2Wire.ConnectAsync(host.Address);
        await wire.OpenAsync(1, TestApi.Duplex);
        await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Headers);
        for (var minute = 0; minute < 60; minute++) clock.Advance(TimeSpan.FromMinutes(1));

        var ping = new Xmtp.Xmtpv4.MessageApi.SubscribeRequest { V1 = new() { Ping = new() { Nonce = 1 } } };
        await wire.SendAsync(Http2Wire.Data, flags: 0, stream: 1, Http2Wire.Frame(ping.ToByteArray()));

        Assert.NotEmpty((await wire.ReceiveUntilAsync(frame => frame.Type == Http2Wire.Data)).Payload);
        Assert.False(ended.Task.IsCompleted);
    }

    private static async Task<int> ReadAsync(TcpClient client)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
