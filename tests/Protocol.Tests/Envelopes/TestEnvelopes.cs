using Google.Protobuf;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

/// <summary>Client envelopes made for a test.</summary>
internal static class TestEnvelopes
{
    /// <summary>An envelope for a topic, with the payload that the caller sets.</summary>
    public static ParsedClientEnvelope Client(Topic topic, Action<ClientEnvelope> payload)
    {
        var message = new ClientEnvelope { Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom(topic.Bytes.Span) } };
        payload(message);
        return Parse(message);
    }

    /// <summary>A recorded envelope, changed by the caller.</summary>
    public static ParsedClientEnvelope Changed(RecordedEnvelopes.Recorded recorded, Action<ClientEnvelope> change)
    {
        var message = recorded.Message;
        change(message);
        return Parse(message);
    }

    /// <summary>An envelope of a group that holds these bytes in hex as MLS message.</summary>
    public static ParsedClientEnvelope GroupMessage(byte[] groupId, string hex) => Client(
        Topic.Of(TopicKind.GroupMessages, groupId),
        message => message.GroupMessage = new() { V1 = new() { Data = ByteString.CopyFrom(Convert.FromHexString(hex)) } });

    private static ParsedClientEnvelope Parse(ClientEnvelope message) =>
        ParsedClientEnvelope.TryParse(message.ToByteArray(), out var parsed, out var refusal) ? parsed : throw new InvalidDataException(refusal);
}
