using System.Numerics;
using Org.BouncyCastle.Crypto.Parameters;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Testing;
using Oracle = Org.BouncyCastle.Math.EC.Rfc8032.Ed25519;

namespace XmtpOrleans.Protocol.Tests.Crypto;

public sealed class Ed25519Tests
{
    private static readonly BigInteger Order = BigInteger.Pow(2, 252) + BigInteger.Parse("27742317777372353535851937790883648493");

    // Base point, identity in three encodings (y = 1, y = p + 1, y = 1 with the sign bit), and a point of order 8.
    private const string BasePoint = "5866666666666666666666666666666666666666666666666666666666666666";
    private const string Identity = "0100000000000000000000000000000000000000000000000000000000000000";
    private const string IdentityPlusP = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
    private const string NegativeIdentity = "0100000000000000000000000000000000000000000000000000000000000080";
    private const string OrderEight = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

    [Fact]
    public void Verify_KnownSignature_IsAccepted()
    {
        var sample = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("ed25519_pure")[0];
        Assert.True(Ed25519.Verify(Field(sample, "public_key"), Field(sample, "message_hex"), Field(sample, "signature")));
    }

    [Fact]
    public void Verify_SeededSignatures_AreAcceptedAndTheirDamagedFormsRefused()
    {
        var random = new Random(25519);
        for (var round = 0; round < 40; round++)
        {
            var (seed, message, signature) = (Bytes(random, 32), Bytes(random, random.Next(200)), new byte[64]);
            var publicKey = new Ed25519PrivateKeyParameters(seed).GeneratePublicKey().GetEncoded();
            Oracle.Sign(seed, 0, message, 0, message.Length, signature, 0);
            Assert.True(Ed25519.Verify(publicKey, message, signature));
            Flip(random, signature);
            Assert.False(Ed25519.Verify(publicKey, message, signature));
        }
    }

    [Theory]
    [InlineData(Identity)]
    [InlineData(IdentityPlusP)]
    [InlineData(NegativeIdentity)]
    [InlineData(OrderEight)]
    public void Verify_KeyOfSmallOrderOrNotCanonical_IsRefused(string publicKey)
    {
        var forged = Convert.FromHexString(BasePoint + Identity);
        Assert.False(Ed25519.Verify(Convert.FromHexString(publicKey), "any text"u8, forged));
    }

    [Fact]
    public void Verify_ScalarPlusOrder_IsRefused()
    {
        var sample = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("ed25519_pure")[0];
        var signature = Field(sample, "signature");
        AddOrder(signature);
        Assert.False(Ed25519.Verify(Field(sample, "public_key"), Field(sample, "message_hex"), signature));
    }

    [Theory]
    [InlineData(0, 64)]
    [InlineData(31, 64)]
    [InlineData(33, 64)]
    [InlineData(32, 0)]
    [InlineData(32, 63)]
    [InlineData(32, 65)]
    public void Verify_OtherLengths_AreRefused(int key, int signature) => Assert.False(Ed25519.Verify(new byte[key], "text"u8, new byte[signature]));

    [Fact]
    public void PhVerify_KnownSignatures_AreAccepted()
    {
        var cases = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("ed25519ph").EnumerateArray().ToList();
        Assert.Equal(4, cases.Count);
        Assert.All(cases, sample =>
        {
            var (context, text) = (sample.GetProperty("context").GetString()!, sample.GetProperty("text").GetString()!);
            Assert.Equal(Ed25519phVerdict.Valid, Ph(Field(sample, "public_key"), Utf8(context), Utf8(text), Field(sample, "signature")));
            Assert.Equal(
                Ed25519phVerdict.EquationNotSatisfied,
                Ph(Field(sample, "public_key"), Utf8($"{context}."), Utf8(text), Field(sample, "signature")));
        });
    }

    [Fact]
    public void PhVerify_SeededSignatures_AreAcceptedAndTheirDamagedFormsRefused()
    {
        var random = new Random(8032);
        for (var round = 0; round < 40; round++)
        {
            var (seed, message, signature) = (Bytes(random, 32), Bytes(random, random.Next(200)), new byte[64]);
            var context = Bytes(random, random.Next(256));
            var publicKey = new Ed25519PrivateKeyParameters(seed).GeneratePublicKey().GetEncoded();
            Oracle.SignPrehash(seed, 0, context, System.Security.Cryptography.SHA512.HashData(message), 0, signature, 0);
            Assert.Equal(Ed25519phVerdict.Valid, Ph(publicKey, context, message, signature));
            Assert.Equal(Ed25519phVerdict.EquationNotSatisfied, Ph(publicKey, context, [.. message, 0], signature));
            Flip(random, signature);
            Assert.NotEqual(Ed25519phVerdict.Valid, Ph(publicKey, context, message, signature));
        }
    }

    [Theory] // R = B and S = 1 under a key that is the identity verifies for every text, and clients accept it
    [InlineData(Identity)]
    [InlineData(IdentityPlusP)]
    [InlineData(NegativeIdentity)]
    public void PhVerify_IdentityAsKey_VerifiesAnyText(string publicKey)
    {
        var forged = Convert.FromHexString(BasePoint + Identity);
        Assert.Equal(Ed25519phVerdict.Valid, Ph(Convert.FromHexString(publicKey), "c"u8, "any text"u8, forged));
    }

    [Fact] // -k·A depends on k modulo 8 alone, so about one text in eight verifies: the group law holds outside the prime-order group too
    public void PhVerify_KeyOfOrderEight_VerifiesOneTextInEight()
    {
        var forged = Convert.FromHexString(BasePoint + Identity);
        var accepted = Enumerable.Range(0, 200).Count(text =>
            Ph(Convert.FromHexString(OrderEight), "c"u8, BitConverter.GetBytes(text), forged) == Ed25519phVerdict.Valid);
        Assert.InRange(accepted, 10, 45);
    }

    [Fact]
    public void PhVerify_ScalarPlusOrder_IsNotCanonical()
    {
        var sample = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("ed25519ph")[0];
        var signature = Field(sample, "signature");
        AddOrder(signature);
        Assert.Equal(Ed25519phVerdict.ScalarNotCanonical, Ph(Field(sample, "public_key"), [], [], signature));
    }

    [Fact]
    public void IsPublicKey_SeededBytes_AgreesWithAnotherLibrary()
    {
        var (random, points) = (new Random(7), 0);
        for (var round = 0; round < 200; round++)
        {
            var bytes = Bytes(random, 32);
            var expected = Oracle.ValidatePublicKeyPartial(bytes, 0);
            Assert.Equal(expected, Ed25519ph.IsPublicKey(bytes));
            points += expected ? 1 : 0;
        }

        Assert.InRange(points, 70, 130);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void IsPublicKey_OtherLength_IsRefused(int length) => Assert.False(Ed25519ph.IsPublicKey(new byte[length]));

    private static Ed25519phVerdict Ph(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) =>
        Ed25519ph.Verify(key, context, text, signature);

    private static void AddOrder(byte[] signature) =>
        Assert.True((new BigInteger(signature.AsSpan(32), isUnsigned: true) + Order).TryWriteBytes(signature.AsSpan(32), out _, isUnsigned: true));

    private static void Flip(Random random, byte[] bytes) => bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));

    private static byte[] Field(System.Text.Json.JsonElement sample, string name) => Convert.FromHexString(sample.GetProperty(name).GetString()!);

    private static byte[] Utf8(string text) => System.Text.Encoding.UTF8.GetBytes(text);

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
