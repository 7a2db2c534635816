using System.Text;
using Org.BouncyCastle.Crypto.Digests;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Tests.Crypto;

public sealed class Keccak256Tests
{
    [Theory]
    [InlineData("", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData("abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45")]
    [InlineData("The quick brown fox jumps over the lazy dog", "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15")]
    [InlineData("Hello", "06b3dfaec148fb1bb2b066f10ec285e7c9bf402ab32aa78a5d38e34566810cd2")]
    [InlineData("World", "f2208c967df089f60420785795c0a9ba8896b0f6f1867fa7f1f12ad6f79c1a18")]
    [InlineData("Lorem ipsum dolor sit amet", "b53b7ca515051d49e851c07bd0fbdddb8010a9366f5b1f5fb737ba21a4356301")]
    [InlineData("Lorem ipsum dolor sit amet consectetur adipiscing elit", "dc61ba50ef7e76018777d7b0e9be8c5f8f928ee6597b97905194eae2746cdd81")]
    public void Hash_KnownText_GivesItsDigest(string text, string expected) => Assert.Equal(expected, HashHex(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Hash_EveryLengthOverTwoBlocks_EqualsAnotherLibrary()
    {
        var bytes = SeededBytes(300);
        for (var length = 0; length <= bytes.Length; length++)
        {
            Assert.Equal(OracleHex(bytes.AsSpan(0, length)), HashHex(bytes.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Hash_LongMessage_EqualsAnotherLibrary()
    {
        var bytes = SeededBytes(1_000_003);
        Assert.Equal(OracleHex(bytes), HashHex(bytes));
    }

    [Fact]
    public void Append_MessageInPieces_EqualsTheWhole()
    {
        var bytes = SeededBytes(300);
        var whole = HashHex(bytes);
        for (var first = 0; first <= bytes.Length; first++)
        {
            var second = Math.Min(bytes.Length, first + (first % 17));
            var hash = default(Keccak256);
            hash.Append(bytes.AsSpan(0, first));
            hash.Append(bytes.AsSpan(first, second - first));
            hash.Append(bytes.AsSpan(second));
            Assert.Equal(whole, FinishHex(ref hash));
        }
    }

    [Fact]
    public void Finish_ThenAgain_StartsWithAnEmptyMessage()
    {
        var hash = default(Keccak256);
        hash.Append("abc"u8);
        FinishHex(ref hash);
        hash.Append("Hello"u8);
        Assert.Equal(HashHex("Hello"u8), FinishHex(ref hash));
    }

    [Fact]
    public void Hash_IntoItsSource_GivesTheDigest()
    {
        var bytes = SeededBytes(32);
        var expected = HashHex(bytes);
        Keccak256.Hash(bytes, bytes);
        Assert.Equal(expected, Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void Finish_ShortDestination_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => Keccak256.Hash([], new byte[31]));

    [Fact]
    public void Hash_AnyMessage_AllocatesNothing()
    {
        var bytes = SeededBytes(1000);
        var digest = new byte[32];
        Keccak256.Hash(bytes, digest);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 100; round++)
        {
            Keccak256.Hash(bytes, digest);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static byte[] SeededBytes(int length)
    {
        var bytes = new byte[length];
        new Random(20261125).NextBytes(bytes);
        return bytes;
    }

    private static string HashHex(ReadOnlySpan<byte> bytes)
    {
        var hash = default(Keccak256);
        hash.Append(bytes);
        return FinishHex(ref hash);
    }

    private static string FinishHex(ref Keccak256 hash)
    {
        var digest = new byte[Keccak256.Size];
        hash.Finish(digest);
        return Convert.ToHexStringLower(digest);
    }

    private static string OracleHex(ReadOnlySpan<byte> bytes)
    {
        var oracle = new KeccakDigest(256);
        oracle.BlockUpdate(bytes);
        var digest = new byte[32];
        oracle.DoFinal(digest);
        return Convert.ToHexStringLower(digest);
    }
}
