using Google.Protobuf;

using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MetadataApi;

using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Wire;

public sealed class GoldenMessageTests
{
    public static TheoryData<string, string, string, string?> Golden()
    {
        var data = new TheoryData<string, string, string, string?>();
        foreach (var vector in Vectors.LoadJson("wire/messages.json").EnumerateArray())
        {
            data.Add(
                vector.GetProperty("message").GetString()!,
                vector.GetProperty("json").GetRawText(),
                vector.GetProperty("hex").GetString()!,
                vector.TryGetProperty("short_hex", out var shortHex) ? shortHex.GetString() : null);
        }

        return data;
    }

    [Fact]
    public void Golden_File_HoldsEveryVector() => Assert.Equal(39, Golden().Count);

    [Theory]
    [MemberData(nameof(Golden))]
    public void ParseFrom_GoldenBytes_GivesTheMessage(string message, string json, string hex, string? shortHex)
    {
        var descriptor = WireDefinitions.Message(message);
        var expected = JsonParser.Default.Parse(json, descriptor);

        Assert.Equal(expected, descriptor.Parser.ParseFrom(Convert.FromHexString(hex)));
        if (shortHex is not null) Assert.Equal(expected, descriptor.Parser.ParseFrom(Convert.FromHexString(shortHex)));
    }

    [Theory]
    [MemberData(nameof(Golden))]
    public void ToByteArray_GoldenMessage_GivesTheBytes(string message, string json, string hex, string? shortHex)
    {
        var bytes = JsonParser.Default.Parse(json, WireDefinitions.Message(message)).ToByteArray();

        Assert.Equal(shortHex ?? hex, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void ParseFrom_EmptyFrame_IsTheEmptyRequest()
    {
        byte[] frame = [0, 0, 0, 0, 0]; // flags and a length of zero: what clients send as the request of GetVersion

        var request = GetVersionRequest.Parser.ParseFrom(frame.AsSpan(5));

        Assert.Equal(new GetVersionRequest(), request);
        Assert.Equal(0, request.CalculateSize());
    }

    [Fact]
    public void ParseFrom_RetiredFieldsOfAuthenticatedData_AreKept()
    {
        var data = AuthenticatedData.Parser.ParseFrom(Convert.FromHexString("0805" + "1203000a0b" + "2001"));

        Assert.Equal([0x00, 0x0a, 0x0b], data.TargetTopic.ToByteArray());
        // Unknown fields follow the known ones when C# writes.
        Assert.Equal("1203000a0b" + "0805" + "2001", Convert.ToHexStringLower(data.ToByteArray()));
    }
}
