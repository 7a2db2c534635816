using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Payers;

internal sealed partial class NodePublisher
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.NodeAttemptFailed, LogLevel.Warning, "Node {OriginatorId} did not take a publish: {Status} {Reason}")]
        public static partial void AttemptFailed(ILogger logger, uint originatorId, StatusCode status, string reason);

        [LoggerMessage(EventIds.NodeWrongAnswer, LogLevel.Error, "Node {OriginatorId} answered a publish wrongly: {Reason}")]
        public static partial void WrongAnswer(ILogger logger, uint originatorId, string reason);
    }
}
