using System.Text.Json;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Mls;

public class GroupMessageTests
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/group-messages.json");
    private static readonly Dictionary<string, JsonElement> Crafted =
        File.GetProperty("crafted").EnumerateArray().ToDictionary(vector => vector.GetProperty("name").GetString()!);

    private static readonly JsonElement[] Heads =
        [.. File.GetProperty("reference_sample_heads").GetProperty("rows").EnumerateArray()];

    public static TheoryData<string> CraftedNames => [.. Crafted.Keys];

    [Theory]
    [MemberData(nameof(CraftedNames))]
    public void TryRead_CraftedStrictly_GivesTheStrictVerdict(string name) =>
        AssertVerdict(Crafted[name].GetProperty("strict_parser"), Crafted[name], GroupMessageReading.Strict);

    [Theory]
    [MemberData(nameof(CraftedNames))]
    public void TryRead_CraftedLeniently_GivesTheVerdictOfTheReference(string name) =>
        AssertVerdict(Crafted[name].GetProperty("reference_parser"), Crafted[name], GroupMessageReading.Lenient);

    [Fact]
    public void TryRead_RecordedFromARealClient_GivesTheRoute()
    {
        var expected = File.GetProperty("recorded_real_client").EnumerateArray().ToArray();
        var messages = RecordedEnvelopes.All.Where(recorded => recorded.Kind == "group_message").ToArray();
        Assert.Equal(expected.Length, messages.Length);

        foreach (var (vector, recorded) in expected.Zip(messages))
        {
            var data = recorded.Message.GroupMessage.V1.Data.Span;
            Assert.Equal(vector.GetProperty("total_length").GetInt32(), data.Length);
            Assert.StartsWith(vector.GetProperty("head_hex").GetString()!, Convert.ToHexStringLower(data), StringComparison.Ordinal);
            AssertRead(vector, data, GroupMessageReading.Strict);
            AssertRead(vector, data, GroupMessageReading.Lenient);
        }
    }

    [Fact]
    public void TryRead_HeadsFromProduction_TellCommitsFromApplicationMessages()
    {
        Assert.Equal(40, Heads.Length);
        foreach (var head in Heads)
        {
            var data = Convert.FromHexString(head.GetProperty("head_hex").GetString()!);
            Assert.True(GroupMessage.TryRead(data, GroupMessageReading.Lenient, out var message, out _));
            Assert.Equal(head.GetProperty("is_commit").GetBoolean(), message.NeedsChain);
            AssertFields(head, message);
        }
    }

    [Theory]
    [InlineData("minimal_commit")]
    [InlineData("public_with_aad")]
    public void TryRead_EveryShorterInput_IsRefused(string name)
    {
        var bytes = Convert.FromHexString(Crafted[name].GetProperty("hex").GetString()!);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.False(GroupMessage.TryRead(bytes.AsSpan(0, length), GroupMessageReading.Strict, out _, out var failure));
            Assert.Equal(length == 0 ? "empty" : "truncated", failure);
        }
    }

    [Theory]
    [InlineData("public_commit_member", SenderType.Member)]
    [InlineData("public_proposal_external_sender", SenderType.External)]
    [InlineData("public_proposal_new_member", SenderType.NewMemberProposal)]
    [InlineData("public_commit_new_member", SenderType.NewMemberCommit)]
    [InlineData("minimal_commit", SenderType.None)]
    public void TryRead_AnySender_SaysItsType(string name, SenderType expected)
    {
        var bytes = Convert.FromHexString(Crafted[name].GetProperty("hex").GetString()!);

        Assert.True(GroupMessage.TryRead(bytes, GroupMessageReading.Strict, out var message, out _));
        Assert.Equal(expected, message.SenderType);
    }

    private static void AssertVerdict(JsonElement verdict, JsonElement vector, GroupMessageReading reading)
    {
        var bytes = Convert.FromHexString(vector.GetProperty("hex").GetString()!);
        if (verdict.GetProperty("result").GetString() == "invalid")
        {
            Assert.False(GroupMessage.TryRead(bytes, reading, out _, out var failure));
            Assert.NotEmpty(failure);
        }
        else
        {
            AssertRead(verdict, bytes, reading);
        }
    }

    private static void AssertRead(JsonElement expected, ReadOnlySpan<byte> bytes, GroupMessageReading reading)
    {
        Assert.True(GroupMessage.TryRead(bytes, reading, out var message, out var failure), failure);
        Assert.Equal(expected.GetProperty("result").GetString() == "blockchain", message.NeedsChain);
        AssertFields(expected, message);
    }

    private static void AssertFields(JsonElement expected, GroupMessage message)
    {
        Assert.Equal(expected.GetProperty("group_id").GetString(), Convert.ToHexStringLower(message.GroupId));
        Assert.Equal(expected.GetProperty("epoch").ToString(), message.Epoch.ToString());
        Assert.Equal(expected.GetProperty("content_type").GetInt32(), (int)message.ContentType);
    }
}
