using Microsoft.Extensions.Logging;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

internal sealed partial class PublishHistory
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.FingerprintsLoaded, LogLevel.Debug, "Originator {Originator}: the duplicate window holds {Count} publishes")]
        public static partial void FingerprintsLoaded(ILogger logger, OriginatorId originator, int count);

        [LoggerMessage(EventIds.FingerprintsUnread, LogLevel.Warning,
            "Originator {Originator}: older publishes could not be read for the duplicate window; trying again")]
        public static partial void FingerprintsUnread(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.DuplicateUnread, LogLevel.Warning,
            "Originator {Originator}: a publish that may be a repetition could not be compared with the stored one")]
        public static partial void DuplicateUnread(ILogger logger, Exception exception, OriginatorId originator);
    }
}
