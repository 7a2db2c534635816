using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

public class AdmissionOfForeignLogsTests
{
    private const string Application = "0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000101000000";
    private const string Commit = "0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000103000000";
    private const string PublicCommit = "0001000110aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000501000000030003";
    private const long Ns = 1_795_338_300_000_000_000; // inside the lifetime of every recorded key package

    private static readonly byte[] GroupId = [.. Enumerable.Repeat((byte)0xAA, 16)];
    private static readonly Topic Group = Topic.Of(TopicKind.GroupMessages, GroupId);
    private static readonly Admission Policy = new(new AdmissionOptions());

    [Theory]
    [InlineData(Commit)]
    [InlineData(Application)] // older gateways may have sent some this way
    public void JudgeChainEvent_GroupMessageOfTheEventsGroup_IsAdmitted(string hex) =>
        Assert.True(Policy.JudgeChainEvent(TestEnvelopes.GroupMessage(GroupId, hex), Group).IsAdmitted);

    [Theory]
    [InlineData(PublicCommit)]
    [InlineData("")]
    [InlineData("0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000103")]
    public void JudgeChainEvent_WhatMembersCannotRead_IsRejected(string hex) =>
        Assert.False(Policy.JudgeChainEvent(TestEnvelopes.GroupMessage(GroupId, hex), Group).IsAdmitted);

    [Fact]
    public void JudgeChainEvent_TopicOfAnotherGroup_IsRejected()
    {
        var verdict = Policy.JudgeChainEvent(
            TestEnvelopes.GroupMessage(GroupId, Commit), Topic.Of(TopicKind.GroupMessages, new byte[16]));

        Assert.Equal("invalid topic: aad.target_topic is not the topic of the event", verdict.Reason);
    }

    [Fact]
    public void JudgeChainEvent_IdentityUpdateOfTheEventsInbox_IsAdmitted()
    {
        var envelope = RecordedEnvelopes.First("identity_update").Parsed;

        Assert.True(Policy.JudgeChainEvent(envelope, envelope.Topic).IsAdmitted);
        Assert.False(Policy.JudgeChainEvent(envelope, Topic.Of(TopicKind.IdentityUpdates, new byte[32])).IsAdmitted);
    }

    [Theory]
    [InlineData("welcome_message")]
    [InlineData("key_package")]
    public void JudgeChainEvent_KindThatNoContractCarries_IsRejected(string kind)
    {
        var envelope = RecordedEnvelopes.First(kind).Parsed;

        Assert.False(Policy.JudgeChainEvent(envelope, envelope.Topic).IsAdmitted);
    }

    [Theory]
    [InlineData("welcome_message", 200u, true)]
    [InlineData("key_package", 200u, true)]
    [InlineData("identity_update", 200u, false)]
    [InlineData("identity_update", 1u, true)]
    public void IsServable_RecordedEnvelope_DependsOnWhoOrdersIt(string kind, uint originator, bool expected) =>
        Assert.Equal(expected, Policy.IsServable(Sealed(RecordedEnvelopes.First(kind).Bytes, originator)));

    [Theory]
    [InlineData(Application, 200u, true)]
    [InlineData(Application, 10u, true)] // migrated
    [InlineData(Commit, 200u, false)] // clients can never write again after a commit of a node
    [InlineData(Commit, 0u, true)]
    [InlineData(PublicCommit, 0u, false)]
    [InlineData("00", 200u, false)]
    public void IsServable_GroupMessage_IsOneThatClientsCanTake(string hex, uint originator, bool expected) =>
        Assert.Equal(expected, Policy.IsServable(Sealed(TestEnvelopes.GroupMessage(GroupId, hex).Bytes.ToArray(), originator)));

    [Fact]
    public void IsServable_ReportOfANode_IsServedUnderItsOwnTopicOnly()
    {
        var topic = Topic.OfOriginator(TopicKind.PayerReports, 200);
        var report = TestEnvelopes.Client(topic, message => message.PayerReport = new());
        var onGroup = TestEnvelopes.Client(Group, message => message.PayerReport = new());

        Assert.True(Policy.IsServable(Sealed(report.Bytes.ToArray(), 200)));
        Assert.False(Policy.IsServable(Sealed(onGroup.Bytes.ToArray(), 200)));
    }

    [Fact]
    public void IsServable_KeyPackage_IsJudgedAtTheTimeOfItsOriginator()
    {
        var bytes = RecordedEnvelopes.First("key_package").Bytes;

        Assert.True(Policy.IsServable(Sealed(bytes, 200)));
        Assert.False(Policy.IsServable(Sealed(bytes, 200, originatorNs: 1_000_000_000_000_000_000)));
        Assert.False(Policy.IsServable(Sealed(bytes, 200, originatorNs: long.MaxValue)));
        Assert.False(Policy.IsServable(Sealed(bytes, 200, originatorNs: long.MinValue)));
    }

    [Theory]
    [InlineData("0801", "")] // unsigned_originator_envelope as a varint
    [InlineData("", "0a00")] // originator_node_id as bytes
    public void IsServable_LayerThatClientsCannotDecode_IsNotServed(string originatorPrefix, string unsignedPrefix)
    {
        var good = Sealed(TestEnvelopes.GroupMessage(GroupId, Application).Bytes.ToArray(), 200);
        byte[] unsigned = [.. Convert.FromHexString(unsignedPrefix), .. good.UnsignedBytes.Span];
        byte[] bytes = [.. Convert.FromHexString(originatorPrefix), .. EnvelopeEncoder.Signed(unsigned, new byte[65])];
        Assert.True(SealedEnvelope.TryParse(bytes, out var envelope, out _));

        Assert.True(Policy.IsServable(good));
        Assert.False(Policy.IsServable(envelope));
    }

    private static SealedEnvelope Sealed(byte[] client, uint originator, long originatorNs = Ns)
    {
        var payer = EnvelopeEncoder.Payer(client, new byte[65], new OriginatorId(originator), 60);
        var unsigned = EnvelopeEncoder.Unsigned(new OriginatorId(originator), new SequenceId(1), originatorNs, payer, 0, 0, 0);
        return SealedEnvelope.TryParse(EnvelopeEncoder.Signed(unsigned, new byte[65]), out var envelope, out var refusal)
            ? envelope
            : throw new InvalidDataException(refusal);
    }
}
