using Google.Protobuf;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Tests.Envelopes;

public class AdmissionOptionsTests
{
    private const string Application = "0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000101000000";
    private const string PublicCommit = "0001000110aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000501000000030003";

    private static readonly byte[] GroupId = [.. Enumerable.Repeat((byte)0xAA, 16)];

    [Fact]
    public void Defaults_AnyRule_Holds()
    {
        var options = new AdmissionOptions();

        Assert.True(options.RequireIdentifierLengths && options.RequireTopicOfPayload && options.RequirePrivateMessages
            && options.RequireKnownWelcomes && options.RequireValidKeyPackages);
    }

    [Fact] // the reference's load generators publish this message under topics of their own
    public void Judge_LengthsAndTopicsRelaxed_AdmitsAMadeUpGroupMessage()
    {
        var envelope = TestEnvelopes.GroupMessage([1, 2, 3], Application);
        var relaxed = new AdmissionOptions { RequireIdentifierLengths = false, RequireTopicOfPayload = false };

        Assert.False(Judge(new AdmissionOptions(), envelope).IsAdmitted);
        Assert.False(Judge(relaxed with { RequireIdentifierLengths = true }, envelope).IsAdmitted);
        Assert.False(Judge(relaxed with { RequireTopicOfPayload = true }, envelope).IsAdmitted);
        Assert.True(Judge(relaxed, envelope).IsAdmitted);
    }

    [Theory]
    [InlineData(PublicCommit, PublishRoute.Chain)]
    [InlineData("0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000103", PublishRoute.Chain)] // only the head
    [InlineData("0001000210aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa000000000000000101", PublishRoute.Node)]
    public void Judge_PrivateMessagesRelaxed_AdmitsHeadsAndPublicMessages(string hex, PublishRoute route)
    {
        var envelope = TestEnvelopes.GroupMessage(GroupId, hex);
        var verdict = Judge(new AdmissionOptions { RequirePrivateMessages = false }, envelope);

        Assert.False(Judge(new AdmissionOptions(), envelope).IsAdmitted);
        Assert.True(verdict.IsAdmitted);
        Assert.Equal(route, verdict.Route);
    }

    [Fact]
    public void Judge_WelcomesRelaxed_AdmitsAnUnknownAlgorithm()
    {
        var envelope = TestEnvelopes.Client(Topic.Of(TopicKind.WelcomeMessages, new byte[32]), message => message.WelcomeMessage = new()
        {
            V1 = new() { InstallationKey = ByteString.CopyFrom(new byte[32]) },
        });

        Assert.False(Judge(new AdmissionOptions(), envelope).IsAdmitted);
        Assert.True(Judge(new AdmissionOptions { RequireKnownWelcomes = false }, envelope).IsAdmitted);
    }

    [Fact]
    public void Judge_WelcomesRelaxed_StillComparesTheInstallation()
    {
        var envelope = TestEnvelopes.Client(
            Topic.Of(TopicKind.WelcomeMessages, new byte[32]), message => message.WelcomeMessage = new());

        Assert.False(Judge(new AdmissionOptions { RequireKnownWelcomes = false }, envelope).IsAdmitted);
        Assert.True(Judge(new AdmissionOptions { RequireKnownWelcomes = false, RequireTopicOfPayload = false }, envelope).IsAdmitted);
    }

    [Fact]
    public void Judge_KeyPackagesRelaxed_AdmitsAnyBytes()
    {
        var envelope = TestEnvelopes.Client(
            Topic.Of(TopicKind.KeyPackages, new byte[32]), message => message.UploadKeyPackage = new());

        Assert.False(Judge(new AdmissionOptions(), envelope).IsAdmitted);
        Assert.True(Judge(new AdmissionOptions { RequireValidKeyPackages = false }, envelope).IsAdmitted);
    }

    private static AdmissionVerdict Judge(AdmissionOptions options, ParsedClientEnvelope envelope) =>
        new Admission(options).Judge(envelope, DateTimeOffset.UnixEpoch);
}
