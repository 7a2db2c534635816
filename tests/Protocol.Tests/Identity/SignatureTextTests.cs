using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Identity.Actions;
using XmtpOrleans.Protocol.Identity.Signatures;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class SignatureTextTests
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/signature-texts.json");

    [Fact]
    public void Of_SixActions_GivesTheKnownText()
    {
        var sample = File.GetProperty("vectors")[0];
        IdentityAction[] actions = [.. sample.GetProperty("actions").EnumerateArray().Select(ActionOf)];
        Assert.Equal(6, actions.Length);
        AssertText(sample, SignatureText.Of(sample.GetProperty("inbox_id").GetString()!, NumberOf(sample), actions));
    }

    [Fact]
    public void Of_EachRecordedUpdate_GivesTheTextThatTheClientSigned()
    {
        var updates = Vectors.LoadJson("identity/recorded-client-envelopes.json").GetProperty("flows").EnumerateArray()
            .SelectMany(static flow => flow.GetProperty("envelopes").EnumerateArray())
            .Where(static envelope => envelope.GetProperty("kind").GetString() == "identity_update")
            .ToDictionary(static envelope => envelope.GetProperty("client_timestamp_ns").GetString()!);
        var cases = File.GetProperty("vectors").EnumerateArray().Skip(1).ToList();
        Assert.Equal(11, cases.Count);
        Assert.All(cases, sample =>
        {
            var bytes = Convert.FromHexString(updates[sample.GetProperty("client_timestamp_ns").GetString()!].GetProperty("identity_update_hex").GetString()!);
            Assert.True(ParsedIdentityUpdate.TryParse(bytes, out var update, out _));
            AssertText(sample, update.TextToSign());
        });
    }

    [Fact]
    public void Of_EachTimestamp_GivesTheClientsTime()
    {
        var cases = File.GetProperty("timestamps").EnumerateArray().ToList();
        Assert.Equal(11, cases.Count);
        Assert.All(cases, sample => Assert.Equal(
            $"Current time: {sample.GetProperty("current_time").GetString()}",
            SignatureText.Of("any", NumberOf(sample), []).Text.Split('\n')[3]));
    }

    [Fact]
    public void Of_NoActions_LeavesThreeEmptyLines() => Assert.Equal(
        "XMTP : Authenticate to inbox\n\nInbox ID: any\nCurrent time: 1970-01-01T00:00:00Z\n\n\n\nFor more info: https://xmtp.org/signatures",
        SignatureText.Of("any", 0, []).Text);

    private static void AssertText(JsonElement sample, SignatureText text)
    {
        Assert.Equal(sample.GetProperty("text").GetString(), text.Text);
        Assert.Equal(sample.GetProperty("utf8_length").GetInt32(), text.Utf8.Length);
        Assert.Equal(sample.GetProperty("sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(text.Utf8)));
        Assert.Equal(sample.GetProperty("sha512").GetString(), Convert.ToHexStringLower(SHA512.HashData(text.Utf8)));
        Assert.Equal(sample.GetProperty("eip191_hash").GetString(), Convert.ToHexStringLower(text.PersonalHash.Span));
    }

    private static ulong NumberOf(JsonElement sample) =>
        ulong.Parse(sample.GetProperty("client_timestamp_ns").GetString()!, CultureInfo.InvariantCulture);

    private static IdentityAction ActionOf(JsonElement action)
    {
        var unsigned = new Erc191Signature(new());
        return action.GetProperty("type").GetString() switch
        {
            "create_inbox" => new CreateInbox(MemberIdentifier.Ethereum(action.GetProperty("initial_identifier").GetString()!), 0, unsigned),
            "add" => new AddAssociation(MemberOf(action), unsigned, unsigned),
            "revoke" => new RevokeAssociation(MemberOf(action), unsigned),
            _ => new ChangeRecovery(MemberIdentifier.Ethereum(action.GetProperty("new_recovery_identifier").GetString()!), unsigned),
        };
    }

    private static MemberIdentifier MemberOf(JsonElement action)
    {
        var value = action.GetProperty("value").GetString()!;
        return action.GetProperty("kind").GetString() == "installation"
            ? MemberIdentifier.Installation(Convert.FromHexString(value))
            : MemberIdentifier.Ethereum(value);
    }
}
