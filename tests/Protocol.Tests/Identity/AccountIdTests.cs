using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Identity.Signatures;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class AccountIdTests
{
    [Fact]
    public void TryParse_EachValidVector_GivesChainAndAddress()
    {
        var cases = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("caip10").GetProperty("valid").EnumerateArray().ToList();
        Assert.Equal(7, cases.Count);
        Assert.All(cases, static sample =>
        {
            Assert.True(AccountId.TryParse(sample.GetProperty("text").GetString()!, out var account, out _));
            Assert.Equal(sample.GetProperty("chain_id").GetString(), account.Chain);
            Assert.Equal(sample.GetProperty("account_address").GetString(), account.Address);
            Assert.Equal(sample.GetProperty("is_evm").GetBoolean(), account.ChainNumber is not null);
        });
    }

    [Fact]
    public void TryParse_EachInvalidVector_IsRefused()
    {
        var cases = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("caip10").GetProperty("invalid").EnumerateArray().ToList();
        Assert.Equal(7, cases.Count);
        Assert.All(cases, static sample =>
        {
            Assert.False(AccountId.TryParse(sample.GetString()!, out _, out var refusal));
            Assert.Equal(IdentityRefusalKind.ConversionAccountId, refusal.Kind);
        });
    }

    [Theory]
    [InlineData("eip155:1", 1UL)]
    [InlineData("eip155:18446744073709551615", ulong.MaxValue)]
    [InlineData("eip155:18446744073709551616", null)]
    [InlineData("eip155:-1", null)]
    [InlineData("eip155:one", null)]
    [InlineData("solana:1", null)]
    public void ChainNumber_EachChain_IsReadOnlyFromEthereumOnes(string chain, ulong? expected)
    {
        Assert.True(AccountId.TryParse($"{chain}:0xabc", out var account, out _));
        Assert.Equal(expected, account.ChainNumber);
    }

    [Theory]
    [InlineData("0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb", true)]
    [InlineData("ab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb", true)]
    [InlineData("0Xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb", false)]
    [InlineData("0xab16a96D359eC26a11e2C2b3d8f8B8942d5Bfcd", false)]
    [InlineData("128Lkh3S7CkDTBZ8W7BbpsN3YYizJMp8p6", false)]
    public void TryGetEthereumAddress_EachAddress_IsReadOnlyFromFortyDigits(string address, bool expected)
    {
        Assert.True(AccountId.TryParse($"eip155:1:{address}", out var account, out _));
        Assert.Equal(expected, account.TryGetEthereumAddress(out _));
    }
}
