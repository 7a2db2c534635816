using System.Collections.Concurrent;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>The logs that this silo keeps now.</summary>
internal sealed class HostedLogs
{
    private readonly ConcurrentDictionary<GrainId, IGrainContext> _activations = [];

    /// <summary>Those that are not gone.</summary>
    public IReadOnlyList<IGrainContext> Current => [.. _activations.Values.Where(static activation => !activation.Deactivated.IsCompleted)];

    /// <summary>Called by each log when it comes to life.</summary>
    public void Add(IGrainContext activation) => _activations[activation.GrainId] = activation;
}
