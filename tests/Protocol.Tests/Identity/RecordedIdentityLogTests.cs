using System.Text.Json;
using Google.Protobuf;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;
using Xmtp.Xmtpv4.Envelopes;

namespace XmtpOrleans.Protocol.Tests.Identity;

// Updates that a released client sent in one run, and the states it then reported.
public sealed class RecordedIdentityLogTests
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/recorded-client-envelopes.json");

    private static readonly List<(InboxId Inbox, byte[] Envelope)> Updates =
    [
        .. File.GetProperty("flows").EnumerateArray()
            .SelectMany(static flow => flow.GetProperty("envelopes").EnumerateArray())
            .Where(static envelope => envelope.GetProperty("kind").GetString() == "identity_update")
            .Select(static envelope => (
                InboxId.TryParse(envelope.GetProperty("inbox_id").GetString(), out var inbox) ? inbox : throw new InvalidDataException("inbox id"),
                Convert.FromHexString(envelope.GetProperty("client_envelope_hex").GetString()!))),
    ];

    [Fact]
    public void Apply_EveryRecordedUpdate_LeadsToTheStatesThatTheClientReported()
    {
        var states = new Dictionary<InboxId, AssociationState?>();
        Assert.Equal(11, Updates.Count);
        foreach (var (inbox, envelope) in Updates)
        {
            Assert.True(ParsedIdentityUpdate.TryParseEnvelope(inbox, envelope, out var update, out _));
            Assert.True(update.TryVerify(out var verified, out _));
            Assert.Empty(verified.WalletChecks);
            Assert.True(verified.TryApply(states.GetValueOrDefault(inbox), [], out var next, out _));
            states[inbox] = next;
        }

        var expected = File.GetProperty("final_states").EnumerateObject().ToList();
        Assert.Equal(3, expected.Count);
        Assert.Equal(3, states.Count);
        Assert.All(expected, state => AssociationStateJson.AssertEqual(
            state.Value, states[InboxId.TryParse(state.Name, out var inbox) ? inbox : throw new InvalidDataException(state.Name)]!));
    }

    [Fact]
    public void TryParseEnvelope_ForAnotherInbox_IsRefused()
    {
        var (_, envelope) = Updates[0];
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(InboxId.FromBytes(new byte[32]), envelope, out var update, out var refusal));
        Assert.Null(update);
        Assert.Equal(IdentityRefusalKind.WrongLog, refusal.Kind);
    }

    [Fact] // a victim's valid update, filed by somebody under an inbox id of their own
    public void TryParseEnvelope_CopyUnderAnotherTopic_IsRefused()
    {
        var foreign = InboxId.FromBytes(Enumerable.Repeat((byte)7, 32).ToArray());
        var envelope = ClientEnvelope.Parser.ParseFrom(Updates[0].Envelope);
        envelope.Aad.TargetTopic = ByteString.CopyFrom([2, .. foreign.ToArray()]);
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(foreign, envelope.ToByteArray(), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.WrongLog, refusal.Kind);
        Assert.Contains("inside the update", refusal.Message, StringComparison.Ordinal);
        Assert.False(refusal.IsRetryable);
    }

    [Fact]
    public void TryParseEnvelope_InboxIdInUpperCase_IsRefused()
    {
        var (inbox, bytes) = Updates[0];
        var envelope = ClientEnvelope.Parser.ParseFrom(bytes);
        envelope.IdentityUpdate.InboxId = envelope.IdentityUpdate.InboxId.ToUpperInvariant();
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(inbox, envelope.ToByteArray(), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.WrongLog, refusal.Kind);
    }

    [Fact]
    public void TryParseEnvelope_TopicOfAnotherKind_IsRefused()
    {
        var (inbox, bytes) = Updates[0];
        var envelope = ClientEnvelope.Parser.ParseFrom(bytes);
        envelope.Aad.TargetTopic = ByteString.CopyFrom([1, .. inbox.ToArray()]);
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(inbox, envelope.ToByteArray(), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.WrongLog, refusal.Kind);
    }

    [Fact]
    public void TryParseEnvelope_AnotherPayloadOnTheTopic_IsRefused()
    {
        var inbox = Updates[0].Inbox;
        var envelope = new ClientEnvelope
        {
            Aad = new() { TargetTopic = ByteString.CopyFrom([2, .. inbox.ToArray()]) },
            WelcomeMessage = new(),
        };
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(inbox, envelope.ToByteArray(), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.WrongLog, refusal.Kind);
    }

    [Fact] // field 2 of the update (a number) as a byte string: the runtime would skip it, clients stop at it
    public void TryParseEnvelope_FieldOfTheWrongWireType_IsUndecodable()
    {
        var (inbox, bytes) = Updates[0];
        var envelope = ClientEnvelope.Parser.ParseFrom(bytes);
        byte[] update = [.. envelope.IdentityUpdate.ToByteArray(), 0x12, 0x01, 0x05];
        envelope.ClearPayload();
        byte[] damaged = [.. envelope.ToByteArray(), .. LengthDelimited(ClientEnvelope.IdentityUpdateFieldNumber, update)];
        Assert.NotNull(ClientEnvelope.Parser.ParseFrom(damaged).IdentityUpdate);
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(inbox, damaged, out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.Undecodable, refusal.Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ff")]
    [InlineData("0a02")]
    public void TryParseEnvelope_NoEnvelope_IsUndecodable(string bytes)
    {
        Assert.False(ParsedIdentityUpdate.TryParseEnvelope(Updates[0].Inbox, Convert.FromHexString(bytes), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.Undecodable, refusal.Kind);
    }

    private static byte[] LengthDelimited(int field, byte[] bytes)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(field, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(bytes));
        }

        return stream.ToArray();
    }
}
