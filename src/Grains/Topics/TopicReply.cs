using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Topics;

/// <summary>A topic's answer.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.topic-reply")]
public sealed class TopicReply
{
    /// <summary>What the topic could say.</summary>
    [Id(0)] public required TopicReplyStatus Status { get; init; }

    /// <summary>The entries, ascending by (originator, sequence id); for the newest entry one or none.</summary>
    [Id(1)] public LogEntry[] Entries { get; init; } = [];

    /// <summary>Whether a limit cut the entries, so that more may follow.</summary>
    [Id(2)] public bool More { get; init; }

    internal static TopicReply Nothing { get; } = new() { Status = TopicReplyStatus.Answered };

    internal static TopicReply AskStore { get; } = new() { Status = TopicReplyStatus.AskStore };

    internal static TopicReply Full { get; } = new() { Status = TopicReplyStatus.Full };
}
