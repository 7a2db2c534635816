using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Live delivery of one process: history from the store up to a pinned ceiling, then what is committed, without gap or duplicate.</summary>
public interface IFeed
{
    /// <summary>Follows topics, each from its own position. Duplicate topics: the first position counts.</summary>
    IFeedStream FollowTopics(IReadOnlyList<TopicPosition> topics);

    /// <summary>Follows logs from a cursor; <see langword="null"/> follows only what is committed from now on.</summary>
    IFeedStream FollowOriginators(IReadOnlyList<OriginatorId> originators, Cursor? after);

    /// <summary>Follows every log from now on.</summary>
    IFeedStream FollowAll();

    /// <summary>The marks whenever they change, merged when the reader is slow; the first at once.</summary>
    IAsyncEnumerable<Cursor> FollowMarksAsync(CancellationToken cancellationToken);

    /// <summary>Waits until everything up to these marks was delivered; <see langword="false"/> when that took longer than <paramref name="wait"/>.</summary>
    ValueTask<bool> WaitForAsync(Cursor marks, TimeSpan wait, CancellationToken cancellationToken);
}
