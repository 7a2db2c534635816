using System.Text.Json;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Mls;

public class MlsReaderTests
{
    private static readonly JsonElement[] Headers = [.. Vectors.LoadJson("identity/mls-varint.json").GetProperty("vectors").EnumerateArray()];

    public static TheoryData<string> ValidHeaders => [.. Headers.Where(IsValid).Select(Hex)];

    public static TheoryData<string> InvalidHeaders => [.. Headers.Where(header => !IsValid(header)).Select(Hex)];

    [Theory]
    [MemberData(nameof(ValidHeaders))]
    public void TryReadLength_ValidHeader_GivesItsValue(string hex)
    {
        var reader = new MlsReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadLength(out var length));
        Assert.Equal(Headers.Single(header => Hex(header) == hex).GetProperty("value").GetInt32(), length);
        Assert.Equal(0, reader.Remaining);
    }

    [Theory]
    [MemberData(nameof(InvalidHeaders))]
    public void TryReadLength_InvalidHeader_Refuses(string hex) =>
        Assert.False(new MlsReader(Convert.FromHexString(hex)).TryReadLength(out _));

    [Theory]
    [InlineData("bfffffff00", MlsError.EndOfStream)] // a gigabyte is claimed, one byte is there
    [InlineData("0200", MlsError.EndOfStream)]
    [InlineData("c000000000000001ff", MlsError.InvalidVectorLength)]
    [InlineData("4001ff", MlsError.InvalidVectorLength)]
    public void TryReadVector_LengthThatIsNotThere_SaysWhy(string hex, object expected)
    {
        var reader = new MlsReader(Convert.FromHexString(hex));

        Assert.False(reader.TryReadVector(out var content));
        Assert.Equal(expected, reader.Error);
        Assert.True(content.IsEmpty);
    }

    [Theory]
    [InlineData("01ff", "ff")]
    [InlineData("4001ff", "ff")]
    [InlineData("80000001ff", "ff")]
    [InlineData("c000000000000001ff", "ff")]
    public void TryReadVectorLeniently_AnyForm_GivesTheContent(string hex, string expected)
    {
        var reader = new MlsReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadVectorLeniently(out var content));
        Assert.Equal(expected, Convert.ToHexStringLower(content));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ffffffffffffffff")]
    [InlineData("c0000000")]
    [InlineData("02ff")]
    public void TryReadVectorLeniently_LengthThatIsNotThere_Refuses(string hex) =>
        Assert.False(new MlsReader(Convert.FromHexString(hex)).TryReadVectorLeniently(out _));

    private static bool IsValid(JsonElement header) => header.GetProperty("valid").GetBoolean();

    private static string Hex(JsonElement header) => header.GetProperty("hex").GetString()!;
}
