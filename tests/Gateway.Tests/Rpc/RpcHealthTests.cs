using Grpc.Core;
using Grpc.Health.V1;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcHealthTests
{
    [Theory]
    [InlineData("")]
    [InlineData("grpc.health.v1.Health")]
    [InlineData("xmtp.xmtpv4.message_api.QueryApi")]
    [InlineData("xmtp.xmtpv4.message_api.ReplicationApi")]
    public async Task Check_BoundServiceOrNone_IsServing(string service)
    {
        await using var host = await RpcHost.StartAsync();

        var response = await CheckAsync(host, service);

        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task Check_OtherService_IsNotFound()
    {
        await using var host = await RpcHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(host, "xmtp.mls.api.v1.MlsApi"));

        Assert.Equal((StatusCode.NotFound, "unknown service xmtp.mls.api.v1.MlsApi"), (failure.StatusCode, failure.Status.Detail));
    }

    [Theory]
    [InlineData(ServingPhase.Starting)]
    [InlineData(ServingPhase.Leaving)]
    [InlineData(ServingPhase.Draining)]
    public async Task Check_InAPhaseThatDoesNotServe_Fails(ServingPhase phase)
    {
        await using var host = await RpcHost.StartAsync(serving: false);
        host.State.MoveTo(phase);

        var failure = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(host, ""));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
    }

    [Fact]
    public async Task Check_StoreOutOfReach_FailsUntilItIsBack()
    {
        await using var host = await RpcHost.StartAsync();
        host.State.Report("store is out of reach");

        var failure = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(host, ""));
        host.State.Report(null);
        var response = await CheckAsync(host, "");

        Assert.Equal((StatusCode.Unavailable, "store is out of reach"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task Check_CutOffFromItsNode_FailsUntilThatIsOverWhateverTheStoreDoes()
    {
        await using var host = await RpcHost.StartAsync();
        host.State.ReportCutOff(isCutOff: true);
        host.State.Report(null);

        var failure = await Assert.ThrowsAsync<RpcException>(() => CheckAsync(host, ""));
        host.State.ReportCutOff(isCutOff: false);
        var response = await CheckAsync(host, "");

        Assert.Equal((StatusCode.Unavailable, "service is not ready"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, response.Status);
    }

    [Fact]
    public async Task Watch_StoreLost_EndsWithUnavailable()
    {
        await using var host = await RpcHost.StartAsync();
        using var watch = new Health.HealthClient(host.Invoker()).Watch(
            new HealthCheckRequest(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.True(await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, watch.ResponseStream.Current.Status);

        host.State.Report("store is out of reach");

        Assert.Equal(StatusCode.Unavailable, (await watch.ResponseStream.DrainAsync()).Status.StatusCode);
    }

    [Fact]
    public async Task Leaving_OtherCalls_AreStillTaken()
    {
        await using var host = await RpcHost.StartAsync();
        host.State.MoveTo(ServingPhase.Leaving);

        Assert.Single((await host.Invoker().Unary("a")).Responses);
    }

    [Fact]
    public async Task Starting_AnyCall_IsUnavailable()
    {
        await using var host = await RpcHost.StartAsync(serving: false);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("a"));

        Assert.Equal((StatusCode.Unavailable, "service is starting"), (failure.StatusCode, failure.Status.Detail));
    }

    [Fact]
    public void MoveTo_AnEarlierPhase_ChangesNothing()
    {
        var state = new ServingState();
        state.MoveTo(ServingPhase.Leaving);

        state.MoveTo(ServingPhase.Serving);

        Assert.Equal(ServingPhase.Leaving, state.Phase);
    }

    private static async Task<HealthCheckResponse> CheckAsync(RpcHost host, string service) =>
        await new Health.HealthClient(host.Invoker()).CheckAsync(
            new HealthCheckRequest { Service = service }, cancellationToken: TestContext.Current.CancellationToken);
}
