using Orleans.Concurrency;

namespace XmtpOrleans.Grains.Topics;

/// <summary>The end of one topic in memory, keyed by <see cref="TopicKey"/>. It answers only what it is sure of; otherwise it says so, and the store answers.
/// A caller that gives up cancels its call: what has not begun by then never does.</summary>
[Alias("xmtp.topic")]
public interface ITopicGrain : IGrainWithStringKey
{
    /// <summary>Servable entries after a cursor and up to the query's marks.</summary>
    [AlwaysInterleave, Alias("query"), ResponseTimeout("00:00:02")]
    ValueTask<TopicReply> QueryAsync(TopicQuery query, CancellationToken cancellationToken);

    /// <summary>The newest servable entry (02 §12.1).</summary>
    [AlwaysInterleave, Alias("newest"), ResponseTimeout("00:00:02")]
    ValueTask<TopicReply> NewestAsync(TopicQuery query, CancellationToken cancellationToken);
}
