using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Every log owns one queue slot, given to it once, when the store creates it: the queue of the live feed between processes that carries
/// the log. How many there are never changes, as every process of a node must map a log to the same queue.</summary>
public static class QueueSlots
{
    /// <summary>Slots of a node, and so the most logs it can keep.</summary>
    public const int Count = 64;

    /// <summary>What a store throws instead of creating a log when every slot is taken.</summary>
    public static StoreException Full(OriginatorId originator) => new(
        $"The log of originator {originator} is refused: this node keeps {Count} logs already, one for each queue of its live feed.");
}
