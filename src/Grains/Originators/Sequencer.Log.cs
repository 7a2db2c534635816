using Microsoft.Extensions.Logging;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

internal sealed partial class Sequencer
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.LeaseTaken, LogLevel.Information, "Originator {Originator}: lease {Epoch} taken at sequence id {Last}")]
        public static partial void LeaseTaken(ILogger logger, OriginatorId originator, long epoch, SequenceId last);

        [LoggerMessage(EventIds.LeaseFailed, LogLevel.Warning,
            "Originator {Originator}: the log could not be taken over; publishes are refused until it can")]
        public static partial void LeaseFailed(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.LogFenced, LogLevel.Warning,
            "Originator {Originator}: another activation took the log from lease {Epoch}; this one ends")]
        public static partial void Fenced(ILogger logger, OriginatorId originator, long epoch);

        [LoggerMessage(EventIds.CommitUnknown, LogLevel.Warning,
            "Originator {Originator}: the store did not say whether a commit is durable; this activation ends and the next one reads the log")]
        public static partial void CommitUnknown(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.StoreLate, LogLevel.Warning, "Originator {Originator}: the store takes its time; publishes are refused until it answers")]
        public static partial void StoreLate(ILogger logger, OriginatorId originator);

        [LoggerMessage(EventIds.SequencerFailed, LogLevel.Error, "Originator {Originator}: publishing failed; this activation ends")]
        public static partial void Failed(ILogger logger, Exception exception, OriginatorId originator);

        [LoggerMessage(EventIds.ClockOutOfRange, LogLevel.Error,
            "Originator {Originator}: the clock is {Deviation} away from what its log and its store allow, so publishing stopped. "
            + "Set the clock right, or set Sequencer:IgnoreClock and restart")]
        public static partial void ClockOutOfRange(ILogger logger, OriginatorId originator, TimeSpan deviation);

        [LoggerMessage(EventIds.ClockBackInRange, LogLevel.Information, "Originator {Originator}: the clock is right again, publishing goes on")]
        public static partial void ClockBackInRange(ILogger logger, OriginatorId originator);
    }
}
