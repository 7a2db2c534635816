using XmtpOrleans.Protocol.Cursors;

namespace XmtpOrleans.Grains.Topics;

/// <summary>A question to a topic.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.topic-query")]
public sealed class TopicQuery
{
    /// <summary>The marks of all logs when the read arrived: the answer must be complete up to them (invariant I4).</summary>
    [Id(0)] public required Cursor Marks { get; init; }

    /// <summary>Unix second at which expiry is judged.</summary>
    [Id(1)] public required long NowSeconds { get; init; }

    /// <summary>The last positions the reader has.</summary>
    [Id(2)] public Cursor After { get; init; } = Cursor.Empty;

    /// <summary>Most entries to answer with.</summary>
    [Id(3)] public int Count { get; init; }

    /// <summary>Most bytes of envelopes to answer with; one larger envelope goes alone.</summary>
    [Id(4)] public int Bytes { get; init; }
}
