using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The one place that knows which grain keeps which log.</summary>
public static class OriginatorLogs
{
    /// <summary>The logs that this node keeps without a peer: the chain's two and its own.</summary>
    public static IReadOnlyList<OriginatorId> Kept(OriginatorId own) =>
        [OriginatorId.GroupMessagesChain, OriginatorId.IdentityUpdatesChain, own];

    /// <summary>The grain that keeps a log. Keep the reference: finding it costs as much as a call.</summary>
    /// <param name="grains">Where grains are found.</param>
    /// <param name="originator">Whose log.</param>
    /// <param name="own">This node's own originator id.</param>
    /// <exception cref="ArgumentOutOfRangeException">No grain of this node keeps that log.</exception>
    public static IOriginatorLog LogOf(this IGrainFactory grains, OriginatorId originator, OriginatorId own) => originator switch
    {
        { IsChain: true } => grains.GetGrain<IChainLogGrain>(originator.Value),
        _ when originator == own => grains.GetGrain<ISequencerGrain>(originator.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(originator), originator, "no grain of this node keeps that log"),
    };
}
