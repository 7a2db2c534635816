using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Reads batches straight from the grains that keep the logs.</summary>
internal sealed partial class LogFeedSource(IGrainFactory grains, IOptions<NodeOptions> node, TimeProvider clock, ILogger<LogFeedSource> logger) : IFeedSource
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1); // a frozen silo answers never, and the store has what it wrote

    private static readonly FeedReply Ending = new() { Status = FeedStatus.Ending, Batches = [], Head = default };

    private readonly ConcurrentDictionary<OriginatorId, IOriginatorLog> _logs = new(); // found when first read: a client knows no grain before it is connected

    public IReadOnlyList<OriginatorId> Followed { get; } = OriginatorLogs.Kept(node.Value.Originator);

    public async Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait)
    {
        if (!Followed.Contains(originator)) return Ending;
        var log = _logs.GetOrAdd(originator, id => grains.LogOf(id, node.Value.Originator));
        try
        {
            return await log.ReadAsync(after, maxBytes, wait).WaitAsync(wait + Grace, clock);
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure))
        {
            Log.ReadFailed(logger, originator.Value, failure.Message);
            return Ending;
        }
    }

    /// <summary>Nothing to do: the next read asks whoever keeps the log then.</summary>
    public void Missed(OriginatorId originator)
    {
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedReadFailed, LogLevel.Debug, "The log of originator {Originator} did not answer: {Reason}")]
        public static partial void ReadFailed(ILogger logger, uint originator, string reason);
    }
}
