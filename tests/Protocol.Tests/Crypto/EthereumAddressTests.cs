using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Tests.Crypto;

public sealed class EthereumAddressTests
{
    [Theory] // the four mixed-case samples of EIP-55, two of one case, and addresses of this network's documents
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")]
    [InlineData("0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266")]
    public void ToString_AnyCaseRead_IsChecksummed(string checksummed)
    {
        foreach (var text in new[] { checksummed, checksummed.ToLowerInvariant(), checksummed[2..], $"0X{checksummed[2..].ToUpperInvariant()}" })
        {
            Assert.True(EthereumAddress.TryParse(text, out var address));
            Assert.Equal(checksummed, address.ToString());
            Assert.Equal(checksummed.ToLowerInvariant(), address.ToLowerHex());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("0x")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg")]
    [InlineData("0x0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA")]
    [InlineData(" 0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    public void TryParse_NotAnAddress_IsRefused(string text)
    {
        Assert.False(EthereumAddress.TryParse(text, out var address));
        Assert.Equal(default, address);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(19)]
    [InlineData(21)]
    [InlineData(32)]
    public void TryFromBytes_OtherLength_IsRefused(int length)
    {
        Assert.False(EthereumAddress.TryFromBytes(new byte[length], out _));
        Assert.Throws<ArgumentException>(() => EthereumAddress.FromBytes(new byte[length]));
    }

    [Fact]
    public void Default_IsTheZeroAddress()
    {
        Assert.Equal("0x0000000000000000000000000000000000000000", default(EthereumAddress).ToString());
        Assert.Equal(new byte[20], default(EthereumAddress).ToArray());
    }

    [Fact]
    public void CopyTo_AfterFromBytes_GivesTheBytesBack()
    {
        var random = new Random(1);
        for (var round = 0; round < 100; round++)
        {
            var bytes = new byte[20];
            random.NextBytes(bytes);
            var address = EthereumAddress.FromBytes(bytes);
            Assert.Equal(bytes, address.ToArray());
            Assert.Equal($"0x{Convert.ToHexStringLower(bytes)}", address.ToLowerHex());
            Assert.True(EthereumAddress.TryParse(address.ToString(), out var again));
            Assert.Equal(address, again);
            Assert.Equal(address.GetHashCode(), again.GetHashCode());
        }
    }

    [Fact]
    public void CompareTo_OrdersLikeTheBytes()
    {
        var random = new Random(2);
        for (var round = 0; round < 500; round++)
        {
            var left = new byte[20];
            var right = new byte[20];
            random.NextBytes(left);
            left.CopyTo(right, 0);
            right[random.Next(20)] = (byte)random.Next(256);
            var (a, b) = (EthereumAddress.FromBytes(left), EthereumAddress.FromBytes(right));
            var order = left.AsSpan().SequenceCompareTo(right);
            Assert.Equal(Math.Sign(order), Math.Sign(a.CompareTo(b)));
            Assert.Equal(order == 0, a == b);
            Assert.Equal(order < 0, a < b);
            Assert.Equal(order >= 0, a >= b);
        }
    }
}
