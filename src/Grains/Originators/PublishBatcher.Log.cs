using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Grains.Originators;

internal sealed partial class PublishBatcher
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.PublishRetried, LogLevel.Debug, "A call to the sequencer with {Count} requests ended with {Failure} and is repeated")]
        public static partial void Retried(ILogger logger, string failure, int count);

        [LoggerMessage(EventIds.PublishFailed, LogLevel.Error, "A call to the sequencer failed in a way that is not repeated")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
