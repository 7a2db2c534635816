using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Gateway.Payers;

internal sealed partial class ChainPublisher
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.ChainAway, LogLevel.Warning, "The chain took no broadcast")]
        public static partial void ChainAway(ILogger logger, Exception failure);

        [LoggerMessage(EventIds.BroadcastNotShown, LogLevel.Warning, "No node shows {Contract} {SequenceId} in time")]
        public static partial void NotShown(ILogger logger, ChainContract contract, ulong sequenceId);

        [LoggerMessage(EventIds.BroadcastNotShownByAll, LogLevel.Warning, "Not every listed node shows {Contract} {SequenceId} in time")]
        public static partial void NotShownByAll(ILogger logger, ChainContract contract, ulong sequenceId);
    }
}
