using System.Collections.Concurrent;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Tests.Feeds.Cluster;

/// <summary>Counts the reads that logs get, from wherever.</summary>
internal sealed class LogReadCounter : IIncomingGrainCallFilter
{
    private readonly ConcurrentDictionary<long, int> _reads = new();

    public int Of(long originator) => _reads.GetValueOrDefault(originator);

    public int All => _reads.Values.Sum();

    public Task Invoke(IIncomingGrainCallContext context)
    {
        if (context is { Grain: IOriginatorLog log, ImplementationMethod.Name: nameof(IOriginatorLog.ReadAsync) })
        {
            _reads.AddOrUpdate(log.GetPrimaryKeyLong(), 1, static (_, count) => count + 1);
        }

        return context.Invoke();
    }
}
