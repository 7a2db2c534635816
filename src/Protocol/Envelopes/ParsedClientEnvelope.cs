using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;
using WireEnvelope = Xmtp.Xmtpv4.Envelopes.ClientEnvelope;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>A client envelope as it arrived: the exact bytes beside what was read out of them. Parsed is not admitted.</summary>
public sealed class ParsedClientEnvelope
{
    private ParsedClientEnvelope(ReadOnlyMemory<byte> bytes, WireEnvelope message, Topic topic, Cursor dependsOn)
    {
        Bytes = bytes;
        Message = message;
        Topic = topic;
        DependsOn = dependsOn;
    }

    /// <summary>The bytes that a payer signs; hash, store and forward only these.</summary>
    public ReadOnlyMemory<byte> Bytes { get; }

    /// <summary>The decoded message; both its authenticated data and its payload are set.</summary>
    public WireEnvelope Message { get; }

    /// <summary>The target topic of the authenticated data.</summary>
    public Topic Topic { get; }

    /// <summary>What the publisher had seen; empty when it states no dependency.</summary>
    public Cursor DependsOn { get; }

    /// <summary>Whether the payload is the one that this kind of topic carries (02 §3).</summary>
    public bool PayloadMatchesTopic => Message.PayloadCase == PayloadOf(Topic.Kind);

    /// <summary>Reads a client envelope; on refusal says why in the network's words (02 §3).</summary>
    public static bool TryParse(
        ReadOnlyMemory<byte> bytes, [NotNullWhen(true)] out ParsedClientEnvelope? envelope, [NotNullWhen(false)] out string? refusal)
    {
        envelope = null;
        if (!WireMessage.TryParse<WireEnvelope>(bytes.Span, out var message))
        {
            refusal = "client envelope is not a valid message";
            return false;
        }

        return TryRead(bytes, message, out envelope, out refusal);
    }

    /// <summary>Reads a client envelope that is already decoded from <paramref name="bytes"/>.</summary>
    public static bool TryRead(
        ReadOnlyMemory<byte> bytes,
        WireEnvelope message,
        [NotNullWhen(true)] out ParsedClientEnvelope? envelope,
        [NotNullWhen(false)] out string? refusal)
    {
        envelope = null;
        if (message.Aad is null)
        {
            refusal = "aad is missing";
            return false;
        }

        if (message.PayloadCase == WireEnvelope.PayloadOneofCase.None)
        {
            refusal = "payload is missing";
            return false;
        }

        if (!Topic.TryParse(message.Aad.TargetTopic.Span, out var topic))
        {
            refusal = $"invalid topic: {Topic.Refusal(message.Aad.TargetTopic.Span)}";
            return false;
        }

        if (!Cursor.TryParse(message.Aad.DependsOn, Cursor.MaxClientEntries, out var dependsOn, out refusal)) return false;
        envelope = new ParsedClientEnvelope(bytes, message, topic, dependsOn);
        return true;
    }

    private static WireEnvelope.PayloadOneofCase PayloadOf(TopicKind kind) => kind switch
    {
        TopicKind.GroupMessages => WireEnvelope.PayloadOneofCase.GroupMessage,
        TopicKind.WelcomeMessages => WireEnvelope.PayloadOneofCase.WelcomeMessage,
        TopicKind.IdentityUpdates => WireEnvelope.PayloadOneofCase.IdentityUpdate,
        TopicKind.KeyPackages => WireEnvelope.PayloadOneofCase.UploadKeyPackage,
        TopicKind.PayerReports => WireEnvelope.PayloadOneofCase.PayerReport,
        _ => WireEnvelope.PayloadOneofCase.PayerReportAttestation,
    };
}
