using Google.Rpc;
using Grpc.Core;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Tests.Rpc;

public sealed class RpcErrorTests
{
    [Fact]
    public async Task Refusal_TextOfAnyAlphabet_ReachesTheClient()
    {
        await using var host = await RpcHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("invalid"));

        Assert.Equal((StatusCode.InvalidArgument, "requests[0].identifier: is »invalid«"), (failure.StatusCode, failure.Status.Detail));
    }

    [Fact]
    public async Task Refusal_WithRetryTime_CarriesRetryInfoAndTheHeader()
    {
        await using var host = await RpcHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("busy"));

        Assert.Equal((StatusCode.Unavailable, "come back later"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(TimeSpan.FromMilliseconds(1500), failure.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
        Assert.Equal("2", failure.Trailers.GetValue("retry-after"));
    }

    [Fact]
    public async Task Refusal_WithViolations_NamesTheFields()
    {
        await using var host = await RpcHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("violations"));

        var violation = Assert.Single(failure.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations);
        Assert.Equal(("requests[0].identifier", "is no address"), (violation.Field, violation.Description));
    }

    [Fact]
    public async Task Handler_ThrowsAnythingElse_TellsTheClientNothing()
    {
        await using var host = await RpcHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("broken"));

        Assert.Equal((StatusCode.Internal, "internal server error"), (failure.StatusCode, failure.Status.Detail));
    }

    [Fact]
    public async Task Handler_WithoutItsStore_IsUnavailableAndSaysWhenToRetry()
    {
        await using var host = await RpcHost.StartAsync();

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await host.Invoker().Unary("store"));

        Assert.Equal((StatusCode.Unavailable, "storage is not available"), (failure.StatusCode, failure.Status.Detail));
        Assert.Equal(TimeSpan.FromSeconds(1), failure.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan());
    }

    [Theory]
    [InlineData("application/grpc", 2)]
    [InlineData("application/grpc-web+proto", 1)]
    [InlineData("application/grpc-web+proto", 2)]
    public async Task Deadline_Passes_CallEndsWithDeadlineExceeded(string contentType, int http)
    {
        await using var host = await RpcHost.StartAsync();
        var request = RawCall.Frame(Google.Protobuf.MessageExtensions.ToByteArray(TestApi.Ask("hang")));

        var call = await RawCall.PostAsync(host.Http(http), TestApi.Unary, contentType, request, ("grpc-timeout", "20m"));

        Assert.Equal((StatusCode.DeadlineExceeded, "request timed out"), (call.Status, call.Message));
    }

    [Fact]
    public async Task Cancellation_ByTheClient_ReachesTheHandler()
    {
        await using var host = await RpcHost.StartAsync();
        var (entered, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        host.Api.OnUnary = async (_, context) =>
        {
            context.CancellationToken.Register(cancelled.SetResult);
            entered.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
            return new();
        };
        using var call = host.Invoker().Unary("a");
        await entered.Task;

        call.Dispose();

        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(StatusCode.InvalidArgument, "secret")]
    [InlineData(StatusCode.NotFound, "secret")]
    [InlineData(StatusCode.Unimplemented, "secret")]
    [InlineData(StatusCode.Internal, "internal server error")]
    [InlineData(StatusCode.Unavailable, "request has failed")]
    [InlineData(StatusCode.ResourceExhausted, "request has failed")]
    [InlineData(StatusCode.PermissionDenied, "request has failed")]
    [InlineData(StatusCode.DeadlineExceeded, "request timed out")]
    [InlineData(StatusCode.Cancelled, "request was canceled")]
    public void ToStatus_OfAStatusFromElsewhere_KeepsTheCodeAndHidesTheText(StatusCode code, string text)
    {
        var status = RpcErrors.ToStatus(new RpcException(new(code, "secret"), new Metadata { { "secret", "1" } }), RpcEnd.None);

        Assert.Equal((code, text), (status.StatusCode, status.Status.Detail));
        Assert.Empty(status.Trailers);
    }

    [Fact]
    public void ToStatus_OfCancellation_SaysWhoEndedTheCall()
    {
        var texts = Enum.GetValues<RpcEnd>().Select(end => RpcErrors.ToStatus(new OperationCanceledException(), end)).Select(status =>
            $"{status.StatusCode}: {status.Status.Detail}");

        Assert.Equal(
            ["Internal: internal server error", "Cancelled: request was canceled", "DeadlineExceeded: request timed out",
                "Unavailable: service is shutting down"],
            texts);
    }

    [Theory]
    [InlineData(0.001, "1")]
    [InlineData(1, "1")]
    [InlineData(1.1, "2")]
    [InlineData(60, "60")]
    public void RetryAfter_IsWholeSecondsRoundedUp(double seconds, string header) =>
        Assert.Equal(header, RpcErrors.Unavailable("x", TimeSpan.FromSeconds(seconds)).RetryAfter);
}
