using Grpc.Health.V1;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// The standard health service. A server that cannot serve fails the call instead of saying <c>NOT_SERVING</c>, as clients look only at
/// whether the call succeeds (06 §4).
/// </summary>
internal sealed class RpcHealth(ServingState state) : IRpcService
{
    public const string ServiceName = "grpc.health.v1.Health";

    private static readonly ReadyMessage Serving =
        ReadyMessage.Encode(new HealthCheckResponse { Status = HealthCheckResponse.Types.ServingStatus.Serving });

    private RpcBinder? _bound;

    public void Bind(RpcBinder binder)
    {
        _bound = binder;
        binder.Service(HealthReflection.Descriptor, "Health")
            .Unary<HealthCheckRequest, ReadyMessage>("Check", CheckAsync)
            .ServerStream<HealthCheckRequest>("Watch", WatchAsync);
    }

    private Task<ReadyMessage> CheckAsync(RpcRequest<HealthCheckRequest> request, RpcContext context)
    {
        Ensure(request.Message.Service);
        return Task.FromResult(Serving);
    }

    private async Task WatchAsync(RpcRequest<HealthCheckRequest> request, RpcStreamWriter responses, RpcContext context)
    {
        using var changed = new SemaphoreSlim(initialCount: 0);
        using var subscription = state.OnChange(() => changed.Release());
        Ensure(request.Message.Service);
        await responses.WriteAsync(Serving);
        while (true)
        {
            await changed.WaitAsync(context.CancellationToken);
            Ensure(request.Message.Service);
        }
    }

    private void Ensure(string service)
    {
        if (!state.IsHealthy) throw RpcErrors.Unavailable(state.Fault ?? "service is not ready");
        if (service.Length > 0 && !_bound!.HasService(service)) throw RpcErrors.NotFound($"unknown service {service}");
    }
}
