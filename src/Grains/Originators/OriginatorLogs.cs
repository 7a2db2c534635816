using Orleans.Runtime;
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
        { IsChain: true } => grains.ChainLogOf(originator),
        _ when originator == own => grains.SequencerOf(originator),
        _ => throw new ArgumentOutOfRangeException(nameof(originator), originator, "no grain of this node keeps that log"),
    };

    /// <summary>The grain that orders what is published to this node.</summary>
    public static ISequencerGrain SequencerOf(this IGrainFactory grains, OriginatorId own) =>
        grains.GetGrain<ISequencerGrain>(Key(SequencerGrain.TypeName, own));

    /// <summary>The grain that follows a contract.</summary>
    public static IChainLogGrain ChainLogOf(this IGrainFactory grains, OriginatorId contract) =>
        grains.GetGrain<IChainLogGrain>(Key(ChainLogGrain.TypeName, contract));

    // By the grain's whole name: a front alone makes its references before it has met the silo that could tell it who implements an interface.
    private static GrainId Key(string type, OriginatorId originator) => GrainId.Create(GrainType.Create(type), GrainIdKeyExtensions.CreateIntegerKey(originator.Value));
}
