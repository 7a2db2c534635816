using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Payers;

internal sealed partial class NodeHealth
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.NodeHealthy, LogLevel.Information, "Node {OriginatorId} is healthy and listed")]
        public static partial void NodeHealthy(ILogger logger, uint originatorId);

        [LoggerMessage(EventIds.NodeUnhealthy, LogLevel.Warning, "Node {OriginatorId} is no longer listed: {Reason}")]
        public static partial void NodeUnhealthy(ILogger logger, uint originatorId, string reason);
    }
}
