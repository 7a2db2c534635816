using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using Xmtp.Identity.Associations;
using Xmtp.Mls.Api.V1;
using Xmtp.Mls.MessageContents;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Gateway.Tests.Payers;

/// <summary>Client envelopes that a gateway admits.</summary>
internal static class TestEnvelopes
{
    private const byte Application = 1;
    private const byte CommitType = 3;

    /// <summary>An application message of a group: for nodes.</summary>
    public static ClientEnvelope Message(byte group, string text) => Group(group, Application, text);

    /// <summary>A commit of a group: for the chain.</summary>
    public static ClientEnvelope Commit(byte group, string text) => Group(group, CommitType, text);

    /// <summary>A welcome of an installation: for nodes.</summary>
    public static ClientEnvelope Welcome(byte installation, string text) => new()
    {
        Aad = Aad(TopicKind.WelcomeMessages, Fill(installation, 32)),
        WelcomeMessage = new WelcomeMessageInput
        {
            V1 = new WelcomeMessageInput.Types.V1
            {
                InstallationKey = ByteString.CopyFrom(Fill(installation, 32)),
                Data = ByteString.CopyFromUtf8(text),
                HpkePublicKey = ByteString.CopyFrom(Fill(1, 32)),
                WrapperAlgorithm = WelcomeWrapperAlgorithm.Curve25519,
            },
        },
    };

    /// <summary>The first identity update that a real client sent: for the chain.</summary>
    public static ClientEnvelope IdentityUpdate() => Recorded("register_alix_eoa", at: 1);

    /// <summary>A key package that a real client sent: for nodes.</summary>
    public static ClientEnvelope KeyPackage() => Recorded("register_alix_eoa", at: 0);

    /// <summary>A payer report: for nobody.</summary>
    public static ClientEnvelope Report() => new()
    {
        Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom(Topic.OfOriginator(TopicKind.PayerReports, 100).Bytes.Span) },
        PayerReport = new PayerReport(),
    };

    /// <summary>A client envelope that a real client sent.</summary>
    public static ClientEnvelope Recorded(string flow, int at)
    {
        var envelope = Vectors.LoadJson("identity/recorded-client-envelopes.json").GetProperty("flows").EnumerateArray()
            .First(known => known.GetProperty("name").GetString() == flow).GetProperty("envelopes")[at];
        return ClientEnvelope.Parser.ParseFrom(Convert.FromHexString(envelope.GetProperty("client_envelope_hex").GetString()!));
    }

    private static ClientEnvelope Group(byte group, byte contentType, string text) => new()
    {
        Aad = Aad(TopicKind.GroupMessages, Fill(group, 16)),
        GroupMessage = new GroupMessageInput { V1 = new GroupMessageInput.Types.V1 { Data = Mls(Fill(group, 16), contentType, text) } },
    };

    private static AuthenticatedData Aad(TopicKind kind, byte[] identifier) =>
        new() { TargetTopic = ByteString.CopyFrom(Topic.Of(kind, identifier).Bytes.Span) };

    private static ByteString Mls(byte[] group, byte contentType, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, 0x8000_0000 | (uint)body.Length);
        byte[] message =
        [
            0, 1, 0, 2, // MLS 1.0, private message
            16, .. group,
            0, 0, 0, 0, 0, 0, 0, 1, // epoch
            contentType,
            0, // authenticated data
            2, 7, 7, // encrypted sender
            .. body.Length < 64 ? [(byte)body.Length] : body.Length < 16_384 ? [(byte)(0x40 | (body.Length >> 8)), (byte)body.Length] : length,
            .. body,
        ];
        return ByteString.CopyFrom(message);
    }

    private static byte[] Fill(byte value, int length) => [.. Enumerable.Repeat(value, length)];
}
