using Google.Protobuf;
using Xmtp.Mls.Api.V1;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Protocol.Topics;
using GroupMessage = XmtpOrleans.Protocol.Mls.GroupMessage;
using WireFormat = XmtpOrleans.Protocol.Mls.WireFormat;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>
/// Decides what may be published. Parsing says whether bytes can be read at all; this says whether clients can live with them. One
/// envelope of a group that a client cannot decode takes the whole group away from everybody, for good.
/// </summary>
public sealed class Admission(AdmissionOptions options)
{
    private const int GroupIdLength = GroupMessage.GroupIdLength;
    private const int KeyLength = 32; // installation keys and inbox ids alike

    private static readonly WireShape ClientShape = WireShape.Of(ClientEnvelope.Descriptor);
    private static readonly WireShape PayerShape = WireShape.Of(PayerEnvelope.Descriptor);
    private static readonly WireShape UnsignedShape = WireShape.Of(UnsignedOriginatorEnvelope.Descriptor);
    private static readonly WireShape OriginatorShape = WireShape.Of(OriginatorEnvelope.Descriptor);

    /// <summary>Judges what a client wants to publish, and says where it goes.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="at">The moment that the lifetime of a key package is judged at.</param>
    public AdmissionVerdict Judge(ParsedClientEnvelope envelope, DateTimeOffset at)
    {
        if (!envelope.PayloadMatchesTopic) return Refuse(AdmissionRule.PayloadKind, "topic does not match payload");
        if (envelope.Topic.IsReserved)
        {
            return Refuse(AdmissionRule.ReservedTopic, "reserved topics cannot be published to by gateways");
        }

        if (!ClientShape.Accepts(envelope.Bytes.Span))
        {
            return Refuse(AdmissionRule.Encoding, "invalid payload: clients could not decode this client envelope");
        }

        if (WrongLength(envelope.Topic) is { } wrongLength) return Refuse(AdmissionRule.Topic, wrongLength);

        var payload = envelope.Message;
        return envelope.Topic.Kind switch
        {
            TopicKind.GroupMessages => JudgeGroupMessage(envelope.Topic, payload.GroupMessage),
            TopicKind.WelcomeMessages => JudgeWelcome(envelope.Topic, payload.WelcomeMessage),
            TopicKind.IdentityUpdates => JudgeInboxId(envelope.Topic, payload.IdentityUpdate.InboxId),
            _ => JudgeKeyPackage(envelope.Topic, payload.UploadKeyPackage, at),
        };
    }

    /// <summary>Judges what a gateway wants a node to originate: as <see cref="Judge"/>, and nothing that belongs on the chain.</summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="at">The moment that the lifetime of a key package is judged at.</param>
    public AdmissionVerdict JudgeForNode(ParsedClientEnvelope envelope, DateTimeOffset at)
    {
        if (envelope.Topic.Kind == TopicKind.IdentityUpdates && envelope.PayloadMatchesTopic)
        {
            return Refuse(AdmissionRule.IdentityUpdateThroughChain, "identity updates must be published via the blockchain");
        }

        var verdict = Judge(envelope, at);
        return verdict is { IsAdmitted: true, Route: PublishRoute.Chain }
            ? Refuse(AdmissionRule.GroupMessageThroughChain, "commit and proposal messages must be published via the blockchain")
            : verdict;
    }

    /// <summary>
    /// Judges what a contract event carries: as <see cref="Judge"/>, and under no other topic than the event's. What is refused is recorded
    /// as rejected and never served. An application message is not refused: older gateways may have sent some this way.
    /// </summary>
    /// <param name="envelope">The envelope.</param>
    /// <param name="eventTopic">The topic that the event's own identifier makes.</param>
    public AdmissionVerdict JudgeChainEvent(ParsedClientEnvelope envelope, Topic eventTopic)
    {
        if (eventTopic.Kind is not (TopicKind.GroupMessages or TopicKind.IdentityUpdates) || !envelope.Topic.Equals(eventTopic))
        {
            return Refuse(AdmissionRule.Topic, "invalid topic: aad.target_topic is not the topic of the event");
        }

        return Judge(envelope, at: default); // no key package gets here
    }

    /// <summary>
    /// Whether clients may be served what a peer has signed. It is kept and replicated in any case, as history; under its topic it must not
    /// appear when clients could not decode it, or would take it for what it is not.
    /// </summary>
    public bool IsServable(SealedEnvelope envelope)
    {
        var client = envelope.Payer.Client;
        var canBeDecoded = OriginatorShape.Accepts(envelope.Bytes.Span) && UnsignedShape.Accepts(envelope.UnsignedBytes.Span)
            && PayerShape.Accepts(envelope.Payer.Bytes.Span);
        if (!canBeDecoded) return false;
        if (client.Topic.IsReserved) return client.PayloadMatchesTopic && ClientShape.Accepts(client.Bytes.Span);

        // The lifetime of a key package as its originator saw it: by now any may have ended.
        var verdict = Judge(client, DateTimeOffset.UnixEpoch.AddTicks(envelope.OriginatorNs / TimeSpan.NanosecondsPerTick));

        // A client that sees commits of one group under two originators can never write to that group again (06 §6).
        return verdict.IsAdmitted && (verdict.Route == PublishRoute.Node || !envelope.Originator.IsNode);
    }

    private AdmissionVerdict JudgeGroupMessage(Topic topic, GroupMessageInput input)
    {
        if (input.VersionCase != GroupMessageInput.VersionOneofCase.V1) return RefuseGroupMessage("group_message.v1 is missing");

        var reading = options.RequirePrivateMessages ? GroupMessageReading.Strict : GroupMessageReading.Lenient;
        if (!GroupMessage.TryRead(input.V1.Data.Span, reading, out var message, out var failure))
        {
            return RefuseGroupMessage($"group_message.v1.data: {failure}");
        }

        if (options.RequirePrivateMessages && message.WireFormat != WireFormat.PrivateMessage)
        {
            return RefuseGroupMessage("group_message.v1.data: not a private message");
        }

        return IsForeign(topic, message.GroupId)
            ? RefuseTopic("the group id in group_message.v1.data")
            : AdmissionVerdict.Admitted(message.NeedsChain ? PublishRoute.Chain : PublishRoute.Node);
    }

    private AdmissionVerdict JudgeWelcome(Topic topic, WelcomeMessageInput welcome)
    {
        if (options.RequireKnownWelcomes && WelcomeRules.Fault(welcome) is { } fault)
        {
            return Refuse(AdmissionRule.Welcome, $"invalid payload: {fault}");
        }

        return IsForeign(topic, (WelcomeRules.InstallationKey(welcome) ?? ByteString.Empty).Span)
            ? RefuseTopic("the installation_key in welcome_message")
            : AdmissionVerdict.Admitted(PublishRoute.Node);
    }

    private AdmissionVerdict JudgeInboxId(Topic topic, string inboxId)
    {
        // Exactly the lower-case text: clients file an update by this text, and compare it.
        var isOwn = string.Equals(inboxId, Convert.ToHexStringLower(topic.Identifier), StringComparison.Ordinal);
        return options.RequireTopicOfPayload && !isOwn
            ? RefuseTopic("identity_update.inbox_id")
            : AdmissionVerdict.Admitted(PublishRoute.Chain);
    }

    private AdmissionVerdict JudgeKeyPackage(Topic topic, UploadKeyPackageRequest upload, DateTimeOffset at)
    {
        if (!options.RequireValidKeyPackages) return AdmissionVerdict.Admitted(PublishRoute.Node);

        var bytes = upload.KeyPackage?.KeyPackageTlsSerialized ?? ByteString.Empty;
        var verdict = KeyPackageValidator.Validate(bytes.Span, at);
        if (!verdict.IsValid) return Refuse(AdmissionRule.KeyPackage, $"key package validation failed: {verdict.Failure}");
        return IsForeign(topic, verdict.InstallationKey.Span)
            ? RefuseTopic("the signature key in upload_key_package.key_package")
            : AdmissionVerdict.Admitted(PublishRoute.Node);
    }

    private string? WrongLength(Topic topic)
    {
        var length = topic.Kind == TopicKind.GroupMessages ? GroupIdLength : KeyLength;
        return options.RequireIdentifierLengths && topic.Identifier.Length != length
            ? $"invalid topic: the identifier in aad.target_topic must have {length} bytes, not {topic.Identifier.Length}"
            : null;
    }

    private bool IsForeign(Topic topic, ReadOnlySpan<byte> own) => options.RequireTopicOfPayload && !topic.Identifier.SequenceEqual(own);

    private static AdmissionVerdict RefuseTopic(string field) => Refuse(AdmissionRule.Topic, $"invalid topic: {field} is not its identifier");

    private static AdmissionVerdict RefuseGroupMessage(string reason) =>
        Refuse(AdmissionRule.GroupMessage, $"invalid group message: invalid payload: {reason}");

    private static AdmissionVerdict Refuse(AdmissionRule rule, string reason) => AdmissionVerdict.Refused(rule, reason);
}
