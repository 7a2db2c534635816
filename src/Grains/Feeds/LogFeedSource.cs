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

    private readonly Dictionary<OriginatorId, IOriginatorLog> _logs =
        OriginatorLogs.Kept(node.Value.Originator).ToDictionary(id => id, id => grains.LogOf(id, node.Value.Originator));

    public IReadOnlyList<OriginatorId> Followed { get; } = OriginatorLogs.Kept(node.Value.Originator);

    public async Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait)
    {
        if (!_logs.TryGetValue(originator, out var log)) return Ending;
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

    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedReadFailed, LogLevel.Debug, "The log of originator {Originator} did not answer: {Reason}")]
        public static partial void ReadFailed(ILogger logger, uint originator, string reason);
    }
}
