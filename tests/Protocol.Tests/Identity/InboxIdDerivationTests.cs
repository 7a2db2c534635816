using System.Globalization;
using System.Text.Json;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class InboxIdDerivationTests
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/inbox-ids.json");

    [Fact]
    public void TryDerive_EachVector_GivesTheClientsInboxId()
    {
        var cases = File.GetProperty("vectors").EnumerateArray().ToList();
        Assert.Equal(65, cases.Count);
        Assert.All(cases, sample =>
        {
            var nonce = ulong.Parse(sample.GetProperty("nonce").GetString()!, CultureInfo.InvariantCulture);
            Assert.True(InboxId.TryDerive(Creator(sample), nonce, out var inbox));
            Assert.Equal(sample.GetProperty("inbox_id").GetString(), inbox.ToString());
        });
    }

    [Fact]
    public void TryDerive_EachRefusedIdentifier_GivesNone()
    {
        var cases = File.GetProperty("invalid").EnumerateArray().ToList();
        Assert.Equal(4, cases.Count);
        Assert.All(cases, static sample => Assert.False(InboxId.TryDerive(Creator(sample), 0, out _)));
    }

    [Fact]
    public void TryDerive_UpperCasePrefix_GivesNone() =>
        Assert.False(InboxId.TryDerive(MemberIdentifier.Ethereum("0X1234567890abcdef1234567890abcdef12345678"), 0, out _));

    [Fact]
    public void TryDerive_Installation_GivesNone() => Assert.False(InboxId.TryDerive(MemberIdentifier.Installation(new byte[32]), 0, out _));

    private static MemberIdentifier Creator(JsonElement sample)
    {
        var text = sample.GetProperty("identifier").GetString()!;
        return sample.GetProperty("kind").GetString() == "passkey"
            ? MemberIdentifier.Passkey(Convert.FromHexString(text), relyingParty: null)
            : MemberIdentifier.Ethereum(text);
    }
}
