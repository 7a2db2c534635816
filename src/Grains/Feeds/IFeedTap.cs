using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Sees the whole feed of a process, in order, before <see cref="FeedHub.Applied"/> says so. Called under the hub's lock: must be quick, must not throw.</summary>
internal interface IFeedTap
{
    /// <summary>The log advanced over these entries.</summary>
    /// <param name="originator">The log.</param>
    /// <param name="entries">Every entry since the last call for this log, ascending.</param>
    /// <param name="replayed">Whether they come from the store, so that address changes are missing.</param>
    void Take(OriginatorId originator, ReadOnlySpan<LogEntry> entries, bool replayed);

    /// <summary>The log advanced over entries that are not shown to anyone.</summary>
    void Skip(OriginatorId originator);
}
