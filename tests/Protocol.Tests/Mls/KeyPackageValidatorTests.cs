using System.Text.Json;
using XmtpOrleans.Protocol.Mls;

namespace XmtpOrleans.Protocol.Tests.Mls;

public class KeyPackageValidatorTests
{
    public static TheoryData<string> CraftedNames => [.. KeyPackageVectors.Crafted.Keys];

    public static TheoryData<int> RecordedIndexes => [.. Enumerable.Range(0, KeyPackageVectors.Recorded.Count)];

    [Fact]
    public void Crafted_Vectors_AreFiftySix() => Assert.Equal(56, KeyPackageVectors.Crafted.Count);

    [Theory]
    [MemberData(nameof(CraftedNames))]
    public void Validate_CraftedPackage_GivesTheVerdictOfTheNewerLibrary(string name)
    {
        var vector = KeyPackageVectors.Crafted[name];
        var expected = vector.GetProperty("libxmtp_1_11_0_dev");

        var verdict = KeyPackageValidator.Validate(KeyPackageVectors.Bytes(vector), KeyPackageVectors.JudgedAt(vector));

        var message = expected.TryGetProperty("message", out var text) ? "XMTP Key Package failed " + text.GetString() : null;
        Assert.Equal(message, verdict.Failure);
        Assert.Equal(expected.GetProperty("result").GetString() == "valid", verdict.IsValid);
        if (verdict.IsValid)
        {
            Assert.Equal(vector.GetProperty("signature_key").GetString(), Convert.ToHexStringLower(verdict.InstallationKey.Span));
        }
    }

    [Theory]
    [MemberData(nameof(RecordedIndexes))]
    public void Validate_RecordedPackageInItsLifetime_GivesInstallationAndInbox(int index)
    {
        var vector = KeyPackageVectors.Recorded[index];
        var leaf = vector.GetProperty("decoded").GetProperty("leaf");

        var verdict = KeyPackageValidator.Validate(KeyPackageVectors.Bytes(vector), At(leaf, "not_before"));

        Assert.Null(verdict.Failure);
        Assert.Equal(leaf.GetProperty("signature_key").GetString(), Convert.ToHexStringLower(verdict.InstallationKey.Span));
        Assert.Equal(leaf.GetProperty("inbox_id").GetString(), verdict.InboxId);
    }

    [Theory]
    [MemberData(nameof(RecordedIndexes))]
    public void Validate_RecordedPackageAfterItsLifetime_IsRefused(int index)
    {
        var vector = KeyPackageVectors.Recorded[index];
        var bytes = KeyPackageVectors.Bytes(vector);
        var end = At(vector.GetProperty("decoded").GetProperty("leaf"), "not_after");

        Assert.True(KeyPackageValidator.Validate(bytes, end.AddMilliseconds(-1)).IsValid);
        Assert.Contains("Lifetime is in the past", KeyPackageValidator.Validate(bytes, end).Failure, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_MomentBeforeTheEpoch_IsRefused() =>
        Assert.False(KeyPackageValidator.Validate(
            KeyPackageVectors.Bytes(KeyPackageVectors.Crafted["ok_typical"]), DateTimeOffset.UnixEpoch.AddSeconds(-1)).IsValid);

    [Fact]
    public void Validate_EveryDamagedBit_IsRefused()
    {
        var vector = KeyPackageVectors.Crafted["ok_no_extensions"];
        var bytes = KeyPackageVectors.Bytes(vector);
        for (var bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(KeyPackageValidator.Validate(bytes, KeyPackageVectors.JudgedAt(vector)).IsValid);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void TryReadInboxId_FieldTwice_TheLastOneCounts()
    {
        Assert.True(BasicCredential.TryReadInboxId([0x0A, 0x01, (byte)'a', 0x0A, 0x01, (byte)'b'], out var inboxId, out _));
        Assert.Equal("b", inboxId);
    }

    private static DateTimeOffset At(JsonElement leaf, string name) =>
        DateTimeOffset.FromUnixTimeSeconds(long.Parse(leaf.GetProperty(name).ToString()));
}
