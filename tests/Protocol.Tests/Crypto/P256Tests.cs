using System.Numerics;
using System.Security.Cryptography;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Crypto;

public sealed class P256Tests
{
    private const string OrderHex = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

    [Fact]
    public void Verify_KnownPasskeySignature_IsAccepted()
    {
        var sample = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("webauthn_p256")[0];
        var (point, signature) = (new byte[64], new byte[64]);
        Assert.True(P256.TryDecodePoint(Field(sample, "public_key_compressed"), point));
        Assert.Equal(Field(sample, "public_key_uncompressed")[1..], point);
        Assert.True(P256.TryReadDer(Field(sample, "signature_der"), signature));
        Assert.Equal(Field(sample, "signature_compact"), signature);

        var digest = SHA256.HashData(Field(sample, "signed_bytes"));
        Assert.True(P256.Verify(point, digest, signature));
        digest[0] ^= 1;
        Assert.False(P256.Verify(point, digest, signature));
    }

    [Fact]
    public void TryDecodePoint_EveryForm_GivesTheSamePoint()
    {
        var random = new Random(33);
        for (var round = 0; round < 20; round++)
        {
            using var key = Key(random);
            var q = key.ExportParameters(includePrivateParameters: false).Q;
            byte[] expected = [.. q.X!, .. q.Y!];
            var point = new byte[64];
            Assert.True(P256.TryDecodePoint([4, .. expected], point));
            Assert.Equal(expected, point);
            Assert.True(P256.TryDecodePoint([(byte)(2 + (q.Y![31] & 1)), .. q.X!], point));
            Assert.Equal(expected, point);
            Assert.True(P256.TryDecodePoint([5, .. q.X!], point));
            Assert.Equal(expected[..32], point[..32]);
            var y = new BigInteger(point.AsSpan(32), isUnsigned: true, isBigEndian: true);
            Assert.True(P256.TryDecodePoint([(byte)(3 - (q.Y![31] & 1)), .. q.X!], point));
            var other = new BigInteger(point.AsSpan(32), isUnsigned: true, isBigEndian: true);
            var one = new BigInteger(q.Y!, isUnsigned: true, isBigEndian: true);
            Assert.Equal(BigInteger.Min(one, other), y);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0246477afbf18e7321ba3cf31ac245d8974352522508f2f5a61221cbf54998a9")]
    [InlineData("0246477afbf18e7321ba3cf31ac245d8974352522508f2f5a61221cbf54998a97400")]
    [InlineData("0646477afbf18e7321ba3cf31ac245d8974352522508f2f5a61221cbf54998a974c0440eb38af700989cb2eb8d68bf5b8c606f2329ea6e662590d8e90b19ca54fa")]
    [InlineData("0446477afbf18e7321ba3cf31ac245d8974352522508f2f5a61221cbf54998a974c0440eb38af700989cb2eb8d68bf5b8c606f2329ea6e662590d8e90b19ca54fb")]
    [InlineData("02ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")]
    public void TryDecodePoint_NotAPoint_IsRefused(string encoded) => Assert.False(P256.TryDecodePoint(Convert.FromHexString(encoded), new byte[64]));

    [Theory]
    [InlineData("3006020101020101", true)]
    [InlineData("30070201010202008f", true)]
    [InlineData("3006020100020101", false)] // r = 0
    [InlineData("3006020101020100", false)] // s = 0
    [InlineData("3006020181020101", false)] // negative
    [InlineData("300702020001020101", false)] // not minimal
    [InlineData("300602010102010100", false)] // bytes after
    [InlineData("30810602010102010100", false)] // long length
    [InlineData("3005020101020101", false)] // sequence too short
    [InlineData("3007020101020101", false)] // sequence too long
    [InlineData("3106020101020101", false)] // not a sequence
    [InlineData("3006030101020101", false)] // not an integer
    [InlineData("3006020101020201", false)] // integer beyond the end
    [InlineData("3006020101020001", false)] // empty integer
    [InlineData("30", false)]
    [InlineData("", false)]
    public void TryReadDer_EachForm_IsJudgedStrictly(string der, bool accepted) =>
        Assert.Equal(accepted, P256.TryReadDer(Convert.FromHexString(der), new byte[64]));

    [Fact]
    public void TryReadDer_NumbersAroundTheOrder_EndAtTheOrder()
    {
        var below = $"{OrderHex[..^1]}0";
        Assert.True(P256.TryReadDer(Convert.FromHexString($"3026022100{below}020101"), new byte[64]));
        Assert.False(P256.TryReadDer(Convert.FromHexString($"3026022100{OrderHex}020101"), new byte[64]));
        Assert.False(P256.TryReadDer(Convert.FromHexString($"3026020101022100{OrderHex}"), new byte[64]));
        Assert.False(P256.TryReadDer(Convert.FromHexString($"302602210100{below[2..]}020101"), new byte[64]));
    }

    [Fact]
    public void TryReadDer_WhatTheBaseLibraryWrites_GivesTheSameNumbers()
    {
        using var key = Key(new Random(34));
        for (var round = 0; round < 50; round++)
        {
            var digest = SHA256.HashData(BitConverter.GetBytes(round));
            var der = key.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence);
            var signature = new byte[64];
            Assert.True(P256.TryReadDer(der, signature));
            Assert.True(key.VerifyHash(digest, signature));
        }
    }

    [Fact]
    public void TryReadDer_DamagedBytes_NeverThrow()
    {
        var random = new Random(256);
        var der = Field(Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("webauthn_p256")[0], "signature_der");
        for (var round = 0; round < 5000; round++)
        {
            var damaged = der[..random.Next(der.Length + 1)];
            for (var flips = random.Next(4); flips > 0 && damaged.Length > 0; flips--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            P256.TryReadDer(damaged, new byte[64]);
        }
    }

    private static ECDsa Key(Random random)
    {
        var secret = new byte[32];
        random.NextBytes(secret);
        return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = secret });
    }

    private static byte[] Field(System.Text.Json.JsonElement sample, string name) => Convert.FromHexString(sample.GetProperty(name).GetString()!);
}
