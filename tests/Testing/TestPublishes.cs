using Google.Protobuf;
using Xmtp.Mls.Api.V1;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Testing;

/// <summary>Publishes of group messages, told apart by their text.</summary>
public static class TestPublishes
{
    /// <summary>The node that they are meant for.</summary>
    public static OriginatorId Node => new(100);

    /// <summary>The topic of a group of that number.</summary>
    public static Topic Group(int number = 1)
    {
        var identifier = new byte[16];
        identifier[15] = (byte)number;
        return Topic.Of(TopicKind.GroupMessages, identifier);
    }

    /// <summary>The bytes of a client envelope.</summary>
    public static byte[] ClientEnvelope(string text, Topic? topic = null)
    {
        var envelope = new ClientEnvelope
        {
            Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom((topic ?? Group()).Bytes.Span) },
            GroupMessage = new GroupMessageInput { V1 = new GroupMessageInput.Types.V1 { Data = ByteString.CopyFromUtf8(text) } },
        };
        return envelope.ToByteArray();
    }

    /// <summary>One envelope, with a signature that nobody checks behind the front.</summary>
    public static PublishEntry Entry(string text, Topic? topic = null, uint retentionDays = 60)
    {
        var bytes = EnvelopeEncoder.Payer(ClientEnvelope(text, topic), new byte[Secp256k1.SignatureSize], Node, retentionDays);
        return ParsedPayerEnvelope.TryParse(bytes, out var envelope, out var refusal)
            ? PublishEntry.Of(envelope)
            : throw new InvalidOperationException(refusal);
    }

    /// <summary>One request of a payer.</summary>
    public static PublishRequest Request(int payer, params PublishEntry[] entries) => new() { Payer = TestKeys.Key(payer).Address, Entries = entries };

    /// <summary>One request of one payer.</summary>
    public static PublishRequest Request(params string[] texts) => Request(1, [.. texts.Select(text => Entry(text))]);

    /// <summary>One call.</summary>
    public static PublishBatch Batch(params PublishRequest[] requests) => new() { Requests = requests };
}
