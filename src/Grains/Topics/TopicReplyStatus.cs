namespace XmtpOrleans.Grains.Topics;

/// <summary>What a topic could say.</summary>
public enum TopicReplyStatus
{
    /// <summary>The answer is complete up to the marks asked for.</summary>
    Answered = 0,

    /// <summary>The question reaches back further than the memory, or the feed is behind the marks: ask the store.</summary>
    AskStore = 1,

    /// <summary>The silo holds as many topics as it may: ask the store, and do not wake this topic again for a while.</summary>
    Full = 2,
}
