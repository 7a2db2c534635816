using Orleans.Runtime;
using Orleans.Streams;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>Commits of one log on their way through the stream provider to one process.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.feed-container")]
internal sealed class FeedContainer : IBatchContainer
{
    /// <summary>Whose log it is.</summary>
    [Id(0)] public required OriginatorId Originator { get; init; }

    /// <summary>The commits, ascending; at least one, or one that holds no position and tells a consumer nothing.</summary>
    [Id(1)] public required FeedBatch[] Batches { get; init; }

    /// <inheritdoc/>
    public StreamId StreamId => LiveFeed.StreamOf(Originator);

    /// <summary>The position after the last commit: who has seen this has everything up to there, or noticed what is missing.</summary>
    public StreamSequenceToken SequenceToken => LiveFeed.TokenOf(Batches[^1].Last);

    /// <inheritdoc/>
    public IEnumerable<Tuple<T, StreamSequenceToken>> GetEvents<T>() =>
        Batches.Where(static batch => batch.Last > batch.Previous).Select(batch => Tuple.Create((T)(object)batch, LiveFeed.TokenOf(batch.Last)));

    /// <inheritdoc/>
    public bool ImportRequestContext() => false;
}
