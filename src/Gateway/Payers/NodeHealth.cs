using Grpc.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Asks every registered node again and again whether it is healthy: clients that are sent to a dead node wait for it for seconds. A gateway
/// that sees none healthy is not healthy itself.</summary>
internal sealed partial class NodeHealth(
    NodeDirectory nodes, ServingState state, IOptions<PayerOptions> options, TimeProvider clock, ILogger<NodeHealth> logger) : BackgroundService
{
    private readonly TaskCompletionSource _firstRound = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes once every node was asked once.</summary>
    public Task FirstRound => _firstRound.Task;

    /// <summary>Asks every node once, all at the same time.</summary>
    public Task CheckAllAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(nodes.Links.Select(link => CheckAsync(link, cancellationToken)));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await CheckAllAsync(stoppingToken);
                state.Report(nodes.Healthy.Count > 0 ? null : "no node is healthy");
                _firstRound.TrySetResult();
                await Task.Delay(options.Value.HealthInterval, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            _firstRound.TrySetResult();
        }
    }

    private async Task CheckAsync(NodeLink link, CancellationToken cancellationToken)
    {
        var wasHealthy = link.IsHealthy(options.Value.HealthyFor);
        // A front that leaves or hangs is not yet the node: behind the same address another one may be well.
        if (link.HasFailed) link.Reconnect();
        var fault = await FaultAsync(link, cancellationToken);
        if (fault is not null)
        {
            link.Reconnect();
            fault = await FaultAsync(link, cancellationToken);
        }

        if (fault is null)
        {
            link.MarkHealthy();
            if (!wasHealthy) Log.NodeHealthy(logger, link.Id.Value);
        }
        else
        {
            link.MarkFailed();
            if (wasHealthy) Log.NodeUnhealthy(logger, link.Id.Value, fault);
        }
    }

    private async Task<string?> FaultAsync(NodeLink link, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.HealthTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await link.CheckHealthAsync(either.Token);
            return null;
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return failure switch
            {
                RpcException refusal => $"{refusal.StatusCode}, {refusal.Status.Detail}",
                OperationCanceledException => $"no answer within {options.Value.HealthTimeout.TotalSeconds} s",
                _ => failure.Message,
            };
        }
    }
}
