using System.Numerics;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Protocol.Tests.Crypto;

public sealed class Secp256k1Tests
{
    // Payer key of the shared vectors and anvil's first account.
    private const string PayerKey = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
    private const string AnvilKey = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
    private const string Order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

    private static readonly NativeSecp256k1 Native = new NativeSecp256k1();
    private static readonly ManagedSecp256k1 Managed = new ManagedSecp256k1();

    [Theory]
    [InlineData(
        PayerKey, "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
        "1da44b586eb0729ff70a73c326926f6ed5a25f5b056e7f47fbc6e58d86871655",
        "b91467e570a6466aa9e9876cbcd013baba02900b8979d43fe208a4a4f339f5fd6007e74cd82e037b800186422fc2da167c747ef045e5d18a5f5d4300f8e1a02901")]
    [InlineData(
        PayerKey, "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23",
        "11af195be5b2953f39ed0c1e0e65a992c0e4936fc964d0362d36cd42f388617a",
        "6f03d99090fdfcfadb4d1ea220f4dc28784184932bff1371131899e5984851ee1ab2f2143eec902f73922904140b48f22ae75dc20ac35791adafdbe88bbeb6ab01")]
    [InlineData(
        "1111111111111111111111111111111111111111111111111111111111111111", "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A",
        "161396a79f9489cc2371bc6580cb6b385426c2c6b36df0df446a826513f6ea7d",
        "e30c66f277358f5960b431716f5e7b2fe42c0505b2ce64633c080ebe1789808b3b807ff3bde8dc26db013ce97bb63e2c58a25aa5f974753056f5fd5a84d1ca5200")]
    [InlineData(
        AnvilKey, "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "05bdeb9f3c1fc91c24f1bcd435484f35f0c06edd4a51006455cc466623c3fff9",
        "4b8ae3c4904f8a4842dd466221682d4e7638a68fd3f02a7ef5c7bbb88cb255140e43c551e91eb5d5f26914fafaaf648da9940b1bfbd24f6f863cc8faea2a318000")]
    public void Sign_KnownDigest_GivesTheKnownSignatureAndSigner(string key, string address, string hash, string expected)
    {
        Assert.True(Secp256k1PrivateKey.TryParse(key, out var privateKey));
        var signature = new byte[65];
        privateKey.Sign(Hex(hash), signature);
        Assert.Equal(expected, Convert.ToHexStringLower(signature));
        Assert.True(Secp256k1.TryRecover(Hex(hash), signature, out var signer));
        Assert.Equal(address, signer.ToString());
        Assert.Equal(signer, privateKey.Address);
        Assert.True(privateKey.PublicKey.Verify(Hex(hash), signature));
    }

    [Fact]
    public void PublicKey_KnownSecrets_GiveTheirKeysAndAddresses()
    {
        var cases = Vectors.LoadJson("identity/primitive-signatures.json").GetProperty("secp256k1_addresses").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, sample =>
        {
            Assert.True(Secp256k1PrivateKey.TryParse(sample.GetProperty("private_key").GetString(), out var key));
            Assert.Equal($"0x{sample.GetProperty("public_key_uncompressed").GetString()}", key.PublicKey.ToString());
            Assert.Equal(sample.GetProperty("address").GetString(), key.Address.ToLowerHex());
            Assert.True(Secp256k1PublicKey.TryParse(Hex(sample.GetProperty("public_key_compressed").GetString()!), out var compressed));
            Assert.Equal(key.PublicKey, compressed);
        });
    }

    [Fact]
    public void Backends_SeededInput_GiveTheSameBytes()
    {
        const int seed = 256;
        var random = new Random(seed);
        for (var round = 0; round < 60; round++)
        {
            var (secret, hash) = (Bytes(random, 32), Bytes(random, 32));
            Assert.Equal(Native.IsValidSecret(secret), Managed.IsValidSecret(secret));
            var (native, managed) = (new byte[65], new byte[65]);
            Native.CreatePublicKey(secret, native);
            Managed.CreatePublicKey(secret, managed);
            Assert.Equal(native, managed);
            var publicKey = native.ToArray();

            Native.Sign(secret, hash, native);
            Managed.Sign(secret, hash, managed);
            Assert.Equal(native, managed);
            Assert.True(native[64] <= 1);
            Assert.True(Number(native.AsSpan(32, 32)) <= Number(Hex(Order)) / 2);
            Assert.True(Native.Verify(hash, native.AsSpan(0, 64), publicKey));
            Assert.True(Managed.Verify(hash, native.AsSpan(0, 64), publicKey));

            AssertSameRecovery(hash, native);
            for (byte v = 0; v <= 3; v++)
            {
                native[64] = v;
                AssertSameRecovery(hash, native);
            }

            native[random.Next(64)] ^= (byte)(1 << random.Next(8));
            AssertSameRecovery(hash, native);
            Assert.Equal(Native.Verify(hash, native.AsSpan(0, 64), publicKey), Managed.Verify(hash, native.AsSpan(0, 64), publicKey));
        }
    }

    [Fact]
    public void Backends_EdgesOfTheRange_AgreeOnRefusal()
    {
        var hash = Bytes(new Random(7), 32);
        string[] edges = [new('0', 64), $"{new string('0', 63)}1", Order, $"{Order[..^1]}0", $"{Order[..^1]}2", new('f', 64)];
        foreach (var r in edges)
        {
            foreach (var s in edges)
            {
                for (byte v = 0; v <= 3; v++)
                {
                    AssertSameRecovery(hash, [.. Hex(r), .. Hex(s), v]);
                }
            }

            Assert.Equal(Native.IsValidSecret(Hex(r)), Managed.IsValidSecret(Hex(r)));
        }
    }

    [Fact]
    public void Backends_SmallR_RecoverTheSameSecondPoint()
    {
        var (random, found) = (new Random(11), 0);
        for (var round = 0; round < 40; round++)
        {
            byte[] signature = [.. new byte[16], .. Bytes(random, 16), 0, .. Bytes(random, 31), (byte)random.Next(2, 4)];
            var hash = Bytes(random, 32);
            AssertSameRecovery(hash, signature);
            found += Native.TryRecover(hash, signature, new byte[65]) ? 1 : 0;
        }

        Assert.InRange(found, 5, 35);
    }

    [Fact]
    public void Backends_RAroundTheLastSecondX_AgreeOnRefusal()
    {
        var hash = Bytes(new Random(12), 32);
        foreach (var last in new[] { "e9", "ea", "eb", "ec", "ed", "ee", "ef" })
        {
            byte[] rs = [.. Hex($"000000000000000000000000000000014551231950b75fc4402da1722fc9ba{last}"), .. Hex($"{new string('0', 63)}1")];
            AssertSameRecovery(hash, [.. rs, 2]);
            AssertSameRecovery(hash, [.. rs, 3]);
        }
    }

    [Fact]
    public void Backends_AnyPublicKey_AgreeOnRefusal()
    {
        var random = new Random(8);
        for (var round = 0; round < 60; round++)
        {
            var encoded = Bytes(random, round % 2 == 0 ? 33 : 65);
            encoded[0] = (byte)(round % 2 == 0 ? random.Next(2, 4) : 4);
            var (native, managed) = (new byte[65], new byte[65]);
            Assert.Equal(Native.TryParsePublicKey(encoded, native), Managed.TryParsePublicKey(encoded, managed));
            Assert.Equal(native, managed);
        }
    }

    [Fact]
    public void TryRecover_HighS_FindsTheSigner()
    {
        var (key, hash) = (Key(AnvilKey), Bytes(new Random(9), 32));
        var signature = new byte[65];
        key.Sign(hash, signature);
        var s = Number(Hex(Order)) - Number(signature.AsSpan(32, 32));
        Assert.True(s.TryWriteBytes(signature.AsSpan(32, 32), out var written, isUnsigned: true, isBigEndian: true) && written == 32);
        signature[64] ^= 1;

        Assert.True(Secp256k1.TryRecover(hash, signature, out var signer));
        Assert.Equal(key.Address, signer);
        Assert.False(key.PublicKey.Verify(hash, signature));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(27)]
    [InlineData(28)]
    [InlineData(255)]
    public void TryRecover_OtherV_IsRefused(byte v)
    {
        var hash = Bytes(new Random(10), 32);
        var signature = new byte[65];
        Key(AnvilKey).Sign(hash, signature);
        signature[64] = v;
        Assert.False(Secp256k1.TryRecover(hash, signature, out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(64)]
    [InlineData(66)]
    public void TryRecover_OtherLength_IsRefused(int length) => Assert.False(Secp256k1.TryRecover(new byte[32], new byte[length], out _));

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData(Order)]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")]
    [InlineData("11")]
    [InlineData("")]
    [InlineData("0x11111111111111111111111111111111111111111111111111111111111111zz")]
    public void PrivateKeyTryParse_NotASecret_IsRefused(string text) => Assert.False(Secp256k1PrivateKey.TryParse(text, out _));

    [Fact]
    public void PrivateKeyToString_NamesTheAccountOnly()
    {
        var text = Key(AnvilKey).ToString();
        Assert.Contains("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", text, StringComparison.Ordinal);
        Assert.DoesNotContain(AnvilKey[..8], text, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(5)]
    [InlineData(0)]
    public void PublicKeyTryParse_HybridOrUnknownForm_IsRefused(byte form)
    {
        var uncompressed = Key(AnvilKey).PublicKey.Uncompressed.ToArray();
        uncompressed[0] = form;
        Assert.False(Secp256k1PublicKey.TryParse(uncompressed, out _));
        Assert.False(Secp256k1PublicKey.TryParse(uncompressed.AsSpan(0, 33), out _));
    }

    [Fact]
    public void SignAndTryRecover_NativeLibrary_AllocateNothing()
    {
        if (Secp256k1.Backend != Secp256k1Backend.Native) Assert.Skip($"native library not in use: {Secp256k1.FallbackReason}");
        var (key, hash, signature) = (Key(AnvilKey), new byte[32], new byte[65]);
        key.Sign(hash, signature);
        Secp256k1.TryRecover(hash, signature, out _);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var round = 0; round < 20; round++)
        {
            key.Sign(hash, signature);
            Secp256k1.TryRecover(hash, signature, out _);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void SignAndTryRecover_ManyThreads_AllFindTheirSigner()
    {
        var failures = 0;
        Parallel.For(0, 8, lane =>
        {
            var random = new Random(lane);
            Assert.True(Secp256k1PrivateKey.TryFromBytes(Bytes(random, 32), out var key));
            var signature = new byte[65];
            for (var round = 0; round < 50; round++)
            {
                var hash = Bytes(random, 32);
                key.Sign(hash, signature);
                if (!Secp256k1.TryRecover(hash, signature, out var signer) || signer != key.Address) Interlocked.Increment(ref failures);
            }
        });
        Assert.Equal(0, failures);
    }

    [Fact]
    public void Choose_NativeLibraryFailsToLoad_TakesTheManagedOneAndSaysWhy()
    {
        var (library, reason) = Secp256k1.Choose(static () => throw new DllNotFoundException("no libsecp256k1 here"));
        Assert.Equal(Secp256k1Backend.Managed, library.Kind);
        Assert.Equal("no libsecp256k1 here", reason);
    }

    private static void AssertSameRecovery(byte[] hash, byte[] signature)
    {
        var (native, managed) = (new byte[65], new byte[65]);
        Assert.Equal(Native.TryRecover(hash, signature, native), Managed.TryRecover(hash, signature, managed));
        Assert.Equal(native, managed);
    }

    private static Secp256k1PrivateKey Key(string hex) => Secp256k1PrivateKey.TryParse(hex, out var key) ? key : throw new ArgumentException("bad key", nameof(hex));

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Hex(string text) => Convert.FromHexString(text);

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }
}
