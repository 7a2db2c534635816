using System.Globalization;
using System.Text.Json;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Protocol.Tests.Identity;

// Compares states with their form in the vector files.
internal static class AssociationStateJson
{
    public static void AssertEqual(JsonElement expected, AssociationState state)
    {
        Assert.Equal(expected.GetProperty("inbox_id").GetString(), state.Inbox.ToString());
        Assert.Equal(Write(expected.GetProperty("recovery_identifier")), Write(state.Recovery));
        Assert.Equal(
            Sorted(expected.GetProperty("members").EnumerateArray().Select(static member =>
                $"{Write(member.GetProperty("identifier"))} by {Write(member.GetProperty("added_by"))} at {member.GetProperty("client_timestamp_ns")} on {member.GetProperty("added_on_chain_id")}")),
            Sorted(state.Members.Values.Select(static member =>
                $"{Write(member.Identifier)} by {Write(member.AddedBy)} at {member.ClientTimestampNs} on {member.AddedOnChain}")));
        Assert.All(state.Members, static entry => Assert.Equal(entry.Key, entry.Value.Identifier));
        Assert.Equal(
            Sorted(expected.GetProperty("seen_signatures").EnumerateArray().Select(static signature => signature.GetString()!)),
            Sorted(state.SeenSignatures.Select(static signature => Convert.ToHexStringLower(signature))));
    }

    public static void AssertSame(JsonElement expected, IEnumerable<MemberIdentifier> identifiers) =>
        Assert.Equal(Sorted(expected.EnumerateArray().Select(static identifier => Write(identifier))), Sorted(identifiers.Select(Write)));

    private static List<string> Sorted(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    private static string Write(JsonElement identifier)
    {
        if (identifier.ValueKind is JsonValueKind.Null) return "nobody";
        var relyingParty = identifier.TryGetProperty("relying_party", out var value) ? value.GetString() : null;
        return $"{identifier.GetProperty("kind").GetString()} {identifier.GetProperty("value").GetString()} {relyingParty}";
    }

    private static string Write(MemberIdentifier? identifier) => identifier is null
        ? "nobody"
        : $"{identifier.Kind.ToString().ToLower(CultureInfo.InvariantCulture)} {identifier.Text} {identifier.RelyingParty}";
}
