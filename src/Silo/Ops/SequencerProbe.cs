using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Silo.Ops;

/// <summary>Whether this process reaches the grain that every publish goes to, and so the cluster.</summary>
internal sealed class SequencerProbe(IGrainFactory grains, IOptions<NodeOptions> node, TimeProvider clock) : ReadinessProbe("sequencer", clock)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock = clock;
    private readonly IOriginatorLog _log = grains.LogOf(node.Value.Originator, node.Value.Originator);

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
