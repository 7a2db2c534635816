using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Rpc;

internal sealed partial class RpcServer
{
    internal static partial class Log
    {
        [LoggerMessage(EventIds.HandlerFailed, LogLevel.Error, "Method {Method} failed; the client was told of an internal error")]
        public static partial void HandlerFailed(ILogger logger, string method, Exception exception);
    }
}
