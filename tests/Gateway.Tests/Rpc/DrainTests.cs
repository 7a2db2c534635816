using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class DrainTests
{
    [Theory]
    [MemberData(nameof(RpcProtocolTests.Protocols), MemberType = typeof(RpcProtocolTests))]
    public async Task Stop_OpenStream_EndsWithUnavailable(Grpc.Net.Client.Web.GrpcWebMode? web, int http)
    {
        await using var host = await RpcHost.StartAsync(options => options.DrainTime = TimeSpan.Zero);
        using var call = host.Invoker(web, new Version(http, http == 1 ? 1 : 0)).Stream("idle");
        await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        var stop = host.StopAsync();
        var (_, status) = await call.ResponseStream.DrainAsync();
        await stop;

        Assert.Equal((StatusCode.Unavailable, "service is shutting down"), (status.StatusCode, status.Detail));
    }

    [Fact]
    public async Task Stop_OpenDuplex_EndsWithUnavailable()
    {
        await using var host = await RpcHost.StartAsync(options => options.DrainTime = TimeSpan.Zero);
        using var call = host.Invoker().Duplex();
        await call.ResponseHeadersAsync;

        var stop = host.StopAsync();
        var (_, status) = await call.ResponseStream.DrainAsync();
        await stop;

        Assert.True(status.StatusCode is StatusCode.Unavailable, status.ToString());
    }

    [Fact]
    public async Task Stop_UnaryCallUnderWay_IsAnswered()
    {
        await using var host = await RpcHost.StartAsync();
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Api.OnUnary = async (_, _) =>
        {
            entered.SetResult();
            await release.Task;
            return new();
        };
        using var call = host.Invoker().Unary("a");
        await entered.Task;

        var stop = host.StopAsync();
        release.SetResult();

        Assert.NotNull(await call);
        await stop;
    }

    [Fact]
    public async Task Draining_NewCallOnAnOpenConnection_IsUnavailable()
    {
        await using var host = await RpcHost.StartAsync();
        var invoker = host.Invoker();
        await invoker.Unary("a");

        host.State.MoveTo(ServingPhase.Draining);
        var failure = await Assert.ThrowsAsync<RpcException>(async () => await invoker.Unary("a"));

        Assert.Equal((StatusCode.Unavailable, "service is shutting down"), (failure.StatusCode, failure.Status.Detail));
    }

    [Fact]
    public async Task Drain_ManyStreams_SpreadsTheirEndsOverTheTime()
    {
        var clock = new FakeTimeProvider();
        await using var host = await RpcHost.StartAsync(options => options.DrainTime = TimeSpan.FromSeconds(10), services =>
            services.UseClock(clock));
        var streams = (OpenStreams)host.Services.GetService(typeof(OpenStreams))!;
        var calls = Enumerable.Range(0, 10).Select(_ => host.Invoker().Stream("idle")).ToList();
        foreach (var call in calls) await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken);

        var drain = streams.DrainAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(() => streams.Count == 9, "the first stream ends at once");
        clock.Advance(TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() => streams.Count == 4, "half of the streams have ended after half of the time");
        await clock.PassUntilAsync(drain.ContinueWith(_ => true, TaskScheduler.Default));
        var statuses = await Task.WhenAll(calls.Select(call => call.ResponseStream.DrainAsync()));
        calls.ForEach(call => call.Dispose());

        Assert.All(statuses, end => Assert.Equal(StatusCode.Unavailable, end.Status.StatusCode));
    }
}
