using System.Collections.Concurrent;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>The logs that this silo keeps now.</summary>
internal sealed class HostedLogs
{
    private readonly ConcurrentDictionary<GrainId, (IGrainContext Activation, Action ReleaseReaders)> _logs = [];

    /// <summary>Those that are not gone.</summary>
    public IReadOnlyList<IGrainContext> Current =>
        [.. _logs.Values.Select(static log => log.Activation).Where(static activation => !activation.Deactivated.IsCompleted)];

    /// <summary>Called by each log when it comes to life.</summary>
    /// <param name="activation">Its activation.</param>
    /// <param name="releaseReaders">Answers all reads that wait for news; called on the activation's turn.</param>
    public void Add(IGrainContext activation, Action releaseReaders) => _logs[activation.GrainId] = (activation, releaseReaders);

    /// <summary>Has a log that was told to go answer those who wait for its next commit: it ends only when no call is left.</summary>
    public void ReleaseReaders(IGrainContext activation)
    {
        if (_logs.TryGetValue(activation.GrainId, out var log) && ReferenceEquals(log.Activation, activation)) activation.Scheduler.QueueAction(log.ReleaseReaders);
    }
}
