using Microsoft.Extensions.Options;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Silo.Ops;

/// <summary>Whether this process reaches the grain that every publish goes to, and so the cluster. While it does not, its health fails, too: who is connected
/// to it has to learn that another front may serve what this one refuses.</summary>
internal sealed class SequencerProbe(IGrainFactory grains, IOptions<NodeOptions> node, ServingState serving, TimeProvider clock) : ReadinessProbe("sequencer", clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock = clock;
    private readonly IOriginatorLog _log = grains.LogOf(node.Value.Originator, node.Value.Originator);

    /// <inheritdoc/>
    protected override void Tried(bool isLost) => serving.ReportCutOff(isLost);

    /// <inheritdoc/>
    protected override async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _log.HeadAsync().WaitAsync(Limit, _clock, cancellationToken);
            return null;
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure) && !cancellationToken.IsCancellationRequested)
        {
            return $"out of reach ({failure.GetType().Name})";
        }
    }
}
