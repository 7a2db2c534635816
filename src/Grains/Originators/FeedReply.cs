using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Answer of <see cref="IOriginatorLog.ReadAsync"/>.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.feed-reply")]
public sealed class FeedReply
{
    /// <summary>What the read found.</summary>
    [Id(0)] public required FeedStatus Status { get; init; }

    /// <summary>The batches after the asked position, in order; with <see cref="FeedStatus.OlderThanRing"/> something is missing before the first.</summary>
    [Id(1)] public required FeedBatch[] Batches { get; init; }

    /// <summary>The log's mark as this activation knows it; zero when it has not appended yet.</summary>
    [Id(2)] public required SequenceId Head { get; init; }
}
