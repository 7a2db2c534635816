using System.Text;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Crypto;

public sealed class SigningHashesTests
{
    [Theory]
    [InlineData(0, "", "23dd403d473d7640b8dc5a9c946a72f0a1d6f4a79c7c742e3759a4826a061fba")]
    [InlineData(100, "", "a4773cee9c337189554417901eedafb47db20cbc146de2d842e8abcc3b6bd397")]
    [InlineData(16909060, "abc", "02f1375654daaf64949b3be6346d3e53d955473c0c0deae5beb4ae9f4e573be0")]
    [InlineData(100, "hello", "05bdeb9f3c1fc91c24f1bcd435484f35f0c06edd4a51006455cc466623c3fff9")]
    public void Payer_KnownBytes_GivesTheirDigest(uint target, string client, string expected)
    {
        var hash = new byte[32];
        SigningHashes.Payer(new OriginatorId(target), Encoding.ASCII.GetBytes(client), hash);
        Assert.Equal(expected, Convert.ToHexStringLower(hash));
    }

    [Theory]
    [InlineData("", "bb01488d84578fce888f11385731dd717fc9f54e09251e0564336b1188afd6ea")]
    [InlineData("abc", "9b81e7e8ea5e3fbee39ca9ee9c7c9912662c5137d300354d54e8cd9bd757d905")]
    public void Originator_KnownBytes_GivesTheirDigest(string unsigned, string expected)
    {
        var hash = new byte[32];
        SigningHashes.Originator(Encoding.ASCII.GetBytes(unsigned), hash);
        Assert.Equal(expected, Convert.ToHexStringLower(hash));
    }

    [Fact]
    public void PersonalMessage_KnownTexts_GiveTheirDigests()
    {
        var cases = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("eip191_personal_sign").EnumerateArray().ToList();
        Assert.Equal(3, cases.Count);
        Assert.All(cases, sample =>
        {
            var hash = new byte[32];
            SigningHashes.PersonalMessage(Encoding.UTF8.GetBytes(sample.GetProperty("text").GetString()!), hash);
            Assert.Equal(sample.GetProperty("eip191_hash").GetString(), Convert.ToHexStringLower(hash));
        });
    }
}
