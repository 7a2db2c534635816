using Google.Protobuf;
using Xmtp.Mls.Api.V1;
using Xmtp.Mls.MessageContents;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

public class AdmissionTests
{
    // Inside the lifetime of every recorded key package.
    private static readonly DateTimeOffset At = DateTimeOffset.FromUnixTimeSeconds(1_795_338_300);
    private static readonly Admission Policy = new(new AdmissionOptions());

    public static TheoryData<int> RecordedIndexes => [.. Enumerable.Range(0, RecordedEnvelopes.All.Count)];

    [Theory]
    [MemberData(nameof(RecordedIndexes))]
    public void Judge_EverythingARealClientSends_IsAdmittedAndRouted(int index)
    {
        var recorded = RecordedEnvelopes.All[index];
        var verdict = Policy.Judge(recorded.Parsed, At);

        var toChain = recorded.Kind == "identity_update" || recorded.Route == "blockchain";
        Assert.Equal(string.Empty, verdict.Reason);
        Assert.True(verdict.IsAdmitted);
        Assert.Equal(toChain ? PublishRoute.Chain : PublishRoute.Node, verdict.Route);
    }

    [Theory]
    [MemberData(nameof(RecordedIndexes))]
    public void JudgeForNode_EverythingARealClientSends_LeavesTheChainItsOwn(int index)
    {
        var recorded = RecordedEnvelopes.All[index];
        var expected = (recorded.Kind, recorded.Route) switch
        {
            ("identity_update", _) => "identity updates must be published via the blockchain. index 7",
            (_, "blockchain") => "could not validate group message. index 7: invalid_argument: "
                + "commit and proposal messages must be published via the blockchain",
            _ => string.Empty,
        };

        Assert.Equal(expected, Policy.JudgeForNode(recorded.Parsed, At).Describe(7));
    }

    [Theory] // every pair of the six kinds but the matching one
    [InlineData(TopicKind.GroupMessages)]
    [InlineData(TopicKind.WelcomeMessages)]
    [InlineData(TopicKind.IdentityUpdates)]
    [InlineData(TopicKind.KeyPackages)]
    [InlineData(TopicKind.PayerReports)]
    [InlineData(TopicKind.PayerReportAttestations)]
    public void Judge_PayloadOfAnotherKind_IsRefused(TopicKind kind)
    {
        Action<ClientEnvelope>[] payloads =
        [
            envelope => envelope.GroupMessage = new(), envelope => envelope.WelcomeMessage = new(),
            envelope => envelope.IdentityUpdate = new(), envelope => envelope.UploadKeyPackage = new(),
            envelope => envelope.PayerReport = new(), envelope => envelope.PayerReportAttestation = new(),
        ];
        for (var other = 0; other < payloads.Length; other++)
        {
            if (other == (int)kind) continue;
            var envelope = Parse(Topic.Of(kind, new byte[32]), payloads[other]);

            Assert.Equal(
                "could not validate envelope. index 0: invalid_argument: topic does not match payload",
                Policy.Judge(envelope, At).Describe(0));
            Assert.Equal(AdmissionRule.PayloadKind, Policy.JudgeForNode(envelope, At).Rule);
        }
    }

    [Fact]
    public void Judge_ReservedTopic_IsRefused()
    {
        var report = Parse(Topic.OfOriginator(TopicKind.PayerReports, 100), envelope => envelope.PayerReport = new());
        var attestation = Parse(
            Topic.OfOriginator(TopicKind.PayerReportAttestations, 100), envelope => envelope.PayerReportAttestation = new());

        Assert.Equal("reserved topics cannot be published to by gateways. index 3", Policy.Judge(report, At).Describe(3));
        Assert.Equal("reserved topics cannot be published to by gateways. index 3", Policy.JudgeForNode(attestation, At).Describe(3));
    }

    [Theory]
    [InlineData("0801")] // aad once more, as a varint
    [InlineData("12040a021001")] // group_message.v1.sender_hmac as a varint
    public void Judge_WhatOnlyClientsCannotDecode_IsRefused(string prefix)
    {
        byte[] bytes = [.. Convert.FromHexString(prefix), .. RecordedEnvelopes.First("group_message").Bytes];
        Assert.True(ParsedClientEnvelope.TryParse(bytes, out var envelope, out _));

        var verdict = Policy.Judge(envelope, At);

        Assert.Equal(AdmissionRule.Encoding, verdict.Rule);
        Assert.Contains("invalid payload", verdict.Describe(0), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("group_message", 15, 16)]
    [InlineData("group_message", 17, 16)]
    [InlineData("welcome_message", 31, 32)]
    [InlineData("key_package", 33, 32)]
    [InlineData("identity_update", 1, 32)]
    public void Judge_IdentifierOfWrongLength_IsRefused(string kind, int length, int expected)
    {
        var envelope = Retargeted(kind, new byte[length]);

        Assert.Equal(
            "could not validate envelope. index 0: invalid_argument: "
            + $"invalid topic: the identifier in aad.target_topic must have {expected} bytes, not {length}",
            Policy.Judge(envelope, At).Describe(0));
    }

    [Theory]
    [InlineData("group_message", 16, "the group id in group_message.v1.data")]
    [InlineData("welcome_message", 32, "the installation_key in welcome_message")]
    [InlineData("key_package", 32, "the signature key in upload_key_package.key_package")]
    [InlineData("identity_update", 32, "identity_update.inbox_id")]
    public void Judge_TopicOfSomebodyElse_IsRefused(string kind, int length, string field)
    {
        var verdict = Policy.Judge(Retargeted(kind, Enumerable.Repeat((byte)0xAB, length).ToArray()), At);

        Assert.Equal(AdmissionRule.Topic, verdict.Rule);
        Assert.Equal(
            $"could not validate envelope. index 2: invalid_argument: invalid topic: {field} is not its identifier", verdict.Describe(2));
    }

    [Fact]
    public void Judge_InboxIdInUpperCase_IsRefused()
    {
        var envelope = Changed("identity_update", message => message.IdentityUpdate.InboxId = message.IdentityUpdate.InboxId.ToUpperInvariant());

        Assert.Equal(AdmissionRule.Topic, Policy.Judge(envelope, At).Rule);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("00", "truncated")]
    [InlineData("deadbeef", "version")]
    [InlineData("0001000310aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000001000000", "wire format")]
    [InlineData("0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000004000000", "content type")]
    [InlineData("0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa00000000000000000100000000", "trailing bytes")]
    [InlineData("0001000110aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000501000000030003", "not a private message")]
    public void Judge_GroupMessageThatMembersCannotRead_IsRefused(string hex, string reason)
    {
        var envelope = GroupMessage(new byte[16], hex);

        Assert.Equal(
            "could not validate group message. index 1: invalid_argument: invalid group message: "
            + $"invalid payload: group_message.v1.data: {reason}",
            Policy.Judge(envelope, At).Describe(1));
    }

    [Fact]
    public void Judge_GroupMessageWithoutVersion_IsRefused()
    {
        var envelope = Parse(Topic.Of(TopicKind.GroupMessages, new byte[16]), message => message.GroupMessage = new());

        Assert.Contains("group_message.v1 is missing", Policy.Judge(envelope, At).Describe(0), StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_WelcomeWithoutVersion_IsRefused()
    {
        var envelope = Parse(Topic.Of(TopicKind.WelcomeMessages, new byte[32]), message => message.WelcomeMessage = new());

        Assert.Equal(
            "could not validate envelope. index 0: invalid_argument: "
            + "invalid payload: welcome_message has neither v1 nor welcome_pointer",
            Policy.Judge(envelope, At).Describe(0));
    }

    [Theory]
    [InlineData(31, 1, 1, 1, "installation_key must have 32 bytes")]
    [InlineData(0, 1, 1, 1, "installation_key must have 32 bytes")]
    [InlineData(32, 0, 1, 1, "data is empty")]
    [InlineData(32, 1, 0, 1, "hpke_public_key is empty")]
    [InlineData(32, 1, 0, 2, "hpke_public_key is empty")]
    [InlineData(32, 1, 1, 0, "wrapper_algorithm 0 is unknown")]
    [InlineData(32, 1, 1, 4, "wrapper_algorithm 4 is unknown")]
    [InlineData(32, 1, 1, -1, "wrapper_algorithm -1 is unknown")]
    [InlineData(32, 1, 1, 1, null)]
    [InlineData(32, 1, 1, 2, null)]
    [InlineData(32, 1, 0, 3, null)] // a shared welcome
    public void Judge_Welcome_NeedsItsFields(int key, int data, int hpkeKey, int algorithm, string? fault)
    {
        var envelope = Parse(Topic.Of(TopicKind.WelcomeMessages, new byte[32]), message => message.WelcomeMessage = new()
        {
            V1 = new()
            {
                InstallationKey = ByteString.CopyFrom(new byte[key]),
                Data = ByteString.CopyFrom(new byte[data]),
                HpkePublicKey = ByteString.CopyFrom(new byte[hpkeKey]),
                WrapperAlgorithm = (WelcomeWrapperAlgorithm)algorithm,
            },
        });

        Assert.Equal(fault is null ? string.Empty : $"invalid payload: welcome_message.v1.{fault}", Policy.Judge(envelope, At).Reason);
    }

    [Theory]
    [InlineData(33, 1, 1, 2, "installation_key must have 32 bytes")]
    [InlineData(32, 0, 1, 2, "welcome_pointer is empty")]
    [InlineData(32, 1, 0, 2, "hpke_public_key is empty")]
    [InlineData(32, 1, 1, 0, "wrapper_algorithm 0 is unknown")]
    [InlineData(32, 1, 1, 1, "wrapper_algorithm 1 is unknown")]
    [InlineData(32, 1, 1, 2, null)]
    public void Judge_WelcomePointer_NeedsItsFields(int key, int pointer, int hpkeKey, int algorithm, string? fault)
    {
        var envelope = Parse(Topic.Of(TopicKind.WelcomeMessages, new byte[32]), message => message.WelcomeMessage = new()
        {
            WelcomePointer = new()
            {
                InstallationKey = ByteString.CopyFrom(new byte[key]),
                WelcomePointer_ = ByteString.CopyFrom(new byte[pointer]),
                HpkePublicKey = ByteString.CopyFrom(new byte[hpkeKey]),
                WrapperAlgorithm = (WelcomePointerWrapperAlgorithm)algorithm,
            },
        });

        var expected = fault is null ? string.Empty : $"invalid payload: welcome_message.welcome_pointer.{fault}";
        Assert.Equal(expected, Policy.Judge(envelope, At).Reason);
    }

    [Fact]
    public void Judge_InvalidKeyPackage_IsRefusedInTheWordsOfTheValidator()
    {
        var damaged = Changed("key_package", message =>
        {
            var bytes = message.UploadKeyPackage.KeyPackage.KeyPackageTlsSerialized.ToByteArray();
            bytes[^1] ^= 1;
            message.UploadKeyPackage.KeyPackage.KeyPackageTlsSerialized = ByteString.CopyFrom(bytes);
        });

        Assert.Equal(
            "could not validate key package. index 0: invalid_argument: key package validation failed: "
            + "XMTP Key Package failed mls validation: The key package signature is not valid.",
            Policy.Judge(damaged, At).Describe(0));
    }

    [Fact]
    public void Judge_KeyPackageAbsent_IsRefused()
    {
        var envelope = Parse(Topic.Of(TopicKind.KeyPackages, new byte[32]), message => message.UploadKeyPackage = new());

        Assert.Equal(AdmissionRule.KeyPackage, Policy.Judge(envelope, At).Rule);
    }

    private static ParsedClientEnvelope Retargeted(string kind, byte[] identifier) => Changed(kind, message =>
        message.Aad.TargetTopic = ByteString.CopyFrom([message.Aad.TargetTopic[0], .. identifier]));

    private static ParsedClientEnvelope Changed(string kind, Action<ClientEnvelope> change) =>
        TestEnvelopes.Changed(RecordedEnvelopes.First(kind), change);

    private static ParsedClientEnvelope Parse(Topic topic, Action<ClientEnvelope> payload) => TestEnvelopes.Client(topic, payload);

    private static ParsedClientEnvelope GroupMessage(byte[] groupId, string hex) => TestEnvelopes.GroupMessage(groupId, hex);
}
