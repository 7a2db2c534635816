using Google.Protobuf;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using WireCursor = Xmtp.Xmtpv4.Envelopes.Cursor;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>What a reader may ask for, and the words in which it is refused (02 §11, §13).</summary>
internal static class ReadRules
{
    /// <summary>Most topics and originators of one request.</summary>
    public const int MaxFilters = 10_000;

    /// <summary>Checks an envelopes query; the refusal or <see langword="null"/>.</summary>
    public static string? Refuse(Xmtp.Xmtpv4.MessageApi.EnvelopesQuery query, out Cursor after)
    {
        after = Cursor.Empty;
        var filters = query.Topics.Count + query.OriginatorNodeIds.Count;
        if (query.Topics.Count > 0 && query.OriginatorNodeIds.Count > 0)
        {
            return "cannot filter by both topic and originator in same subscription request";
        }

        if (filters > MaxFilters)
        {
            return $"too many subscriptions: {filters}, consider subscribing to fewer topics or subscribing without a filter";
        }

        foreach (var topic in query.Topics)
        {
            if (topic.IsEmpty) return "invalid topic: it is empty";
            if (topic.Length > Topic.MaxLength) return $"invalid topic: {Convert.ToHexStringLower(topic.Span)}";
        }

        foreach (var originator in query.OriginatorNodeIds)
        {
            if (originator > OriginatorId.MaxValue) return $"invalid originator node id: {originator}";
        }

        return RefuseCursor(query.LastSeen, out after);
    }

    /// <summary>Checks a cursor; the refusal or <see langword="null"/>.</summary>
    public static string? RefuseCursor(WireCursor? source, out Cursor cursor)
    {
        var isRead = Cursor.TryParse(source, Cursor.MaxClientEntries, out var parsed, out var refusal);
        cursor = parsed ?? Cursor.Empty;
        return isRead ? null : refusal;
    }

    /// <summary>The topics that can exist, each once. Others are legal to ask for and match nothing.</summary>
    public static List<Topic> Topics(IReadOnlyList<ByteString> sources)
    {
        var topics = new List<Topic>(sources.Count);
        var seen = sources.Count > 1 ? new HashSet<Topic>(sources.Count, TopicComparer.Instance) : null;
        foreach (var source in sources)
        {
            if (Topic.TryParse(source.Span, out var topic) && seen?.Add(topic) != false) topics.Add(topic);
        }

        return topics;
    }

    /// <summary>The originators, each once.</summary>
    public static List<OriginatorId> Originators(IEnumerable<uint> sources) => [.. sources.Distinct().Select(id => new OriginatorId(id))];
}
