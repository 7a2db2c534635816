using Microsoft.Extensions.Hosting;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>Stops taking calls and ends the open streams before anything else of the process stops.</summary>
internal sealed class RpcDrain(ServingState state, OpenStreams streams) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        state.MoveTo(ServingPhase.Draining);
        await streams.DrainAsync(cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
