using Microsoft.Extensions.Logging;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

internal sealed partial class ChainLog
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.ChainLogLeaseTaken, LogLevel.Information,
            "Originator {Originator}: lease {Epoch} taken at sequence id {Last}")]
        public static partial void LeaseTaken(ILogger logger, OriginatorId originator, long epoch, SequenceId last);

        [LoggerMessage(EventIds.ChainLogFenced, LogLevel.Warning,
            "Originator {Originator}: another activation took the log from lease {Epoch}; this one ends")]
        public static partial void Fenced(ILogger logger, OriginatorId originator, long epoch);

        [LoggerMessage(EventIds.ChainLogUnread, LogLevel.Warning,
            "Originator {Originator}: the chain or the store could not be read; trying again")]
        public static partial void Unread(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.ChainLogUnknown, LogLevel.Warning,
            "Originator {Originator}: the store did not say whether a commit is durable; this activation ends and the next one reads the log")]
        public static partial void CommitUnknown(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.ChainLogFailed, LogLevel.Error, "Originator {Originator}: following the chain failed; this activation ends")]
        public static partial void Failed(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.ChainEventRejected, LogLevel.Warning,
            "Originator {Originator}: event {Sequence} is recorded as rejected and not served: {Reason}")]
        public static partial void Rejected(ILogger logger, OriginatorId originator, SequenceId sequence, string reason);

        [LoggerMessage(EventIds.ChainUpdateUndecided, LogLevel.Warning,
            "Originator {Originator}: identity update {Sequence} cannot be judged yet ({Reason}); the log waits for it")]
        public static partial void Undecided(ILogger logger, OriginatorId originator, SequenceId sequence, string reason);
    }
}
