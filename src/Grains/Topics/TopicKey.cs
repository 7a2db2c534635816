using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>How a topic is written as a grain's key: its bytes in lower-case hex.</summary>
public static class TopicKey
{
    /// <summary>The key of a topic.</summary>
    public static string Of(Topic topic) => Convert.ToHexStringLower(topic.Bytes.Span);

    /// <summary>The topic of a key.</summary>
    /// <exception cref="FormatException">The key is none of a topic.</exception>
    public static Topic Parse(string key) => Topic.TryParse(Convert.FromHexString(key), out var topic)
        ? topic
        : throw new FormatException($"{key} is not the key of a topic");
}
