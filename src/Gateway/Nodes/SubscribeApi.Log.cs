using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Nodes;

internal sealed partial class SubscribeApi
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.StreamEnvelopesTooLarge, LogLevel.Warning, "Left {Count} envelopes out of a stream: larger than any frame")]
        public static partial void EnvelopesTooLarge(ILogger logger, int count);
    }
}
