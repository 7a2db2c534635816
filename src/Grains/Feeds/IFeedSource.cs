using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Where the batches of a process's feed come from.</summary>
internal interface IFeedSource
{
    /// <summary>The logs that are followed even before they have a first entry.</summary>
    IReadOnlyList<OriginatorId> Followed { get; }

    /// <summary>Batches of a log after a position, as <see cref="IOriginatorLog.ReadAsync"/>. Never throws for a log that is moving, away or
    /// unknown: that is <see cref="FeedStatus.Ending"/>, and the store's marks show what is missed.</summary>
    /// <remarks>One read of a log at a time.</remarks>
    Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait);

    /// <summary>The store has had something of a log for a while that no read returned.</summary>
    void Missed(OriginatorId originator);
}
