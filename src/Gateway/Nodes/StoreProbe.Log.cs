using Microsoft.Extensions.Logging;

namespace XmtpOrleans.Gateway.Nodes;

internal sealed partial class StoreProbe
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.StoreUnavailable, LogLevel.Error, "The store takes no appends: this node is not healthy until it does")]
        public static partial void Unavailable(ILogger logger, Exception failure);

        [LoggerMessage(EventIds.StoreSilent, LogLevel.Error, "The store did not answer a probe for {Patience}: this node is not healthy until it does")]
        public static partial void Silent(ILogger logger, TimeSpan patience);

        [LoggerMessage(EventIds.StoreAvailable, LogLevel.Information, "The store takes appends again")]
        public static partial void Available(ILogger logger);
    }
}
