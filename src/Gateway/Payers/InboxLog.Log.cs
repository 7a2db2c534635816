using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Payers;

internal sealed partial class InboxLog
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.NodeWrongInbox, LogLevel.Error, "Node {OriginatorId} serves an inbox wrongly: {Reason}")]
        public static partial void WrongInbox(ILogger logger, uint originatorId, string reason);
    }
}
