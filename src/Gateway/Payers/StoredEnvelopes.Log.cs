using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Gateway.Payers;

internal sealed partial class StoredEnvelopes
{
    private static partial class Log
    {
        [LoggerMessage(EventIds.NodeWrongStored, LogLevel.Error, "Node {OriginatorId} shows {Contract} {SequenceId} wrongly: {Reason}")]
        public static partial void WrongStored(ILogger logger, uint originatorId, ChainContract contract, ulong sequenceId, string reason);
    }
}
