using System.Text;
using System.Text.Json;
using Google.Protobuf;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Identity.Signatures;
using XmtpOrleans.Testing;
using Xmtp.MessageContents;
using LegacySignature = Xmtp.MessageContents.Signature;
using Signature = Xmtp.Identity.Associations.Signature;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class IdentitySignatureTests
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/primitive-signatures.json");
    private static readonly SignatureText Text = SignatureText.Of("any", 0, []);
    private static readonly Secp256k1PrivateKey Wallet = Key("1111111111111111111111111111111111111111111111111111111111111111");
    private static readonly Secp256k1PrivateKey Delegate = Key("2222222222222222222222222222222222222222222222222222222222222222");

    [Fact]
    public void PersonalSignature_EachVector_FindsTheWallet()
    {
        var cases = File.GetProperty("eip191_personal_sign").EnumerateArray().ToList();
        Assert.NotEmpty(cases);
        Assert.All(cases, static sample =>
        {
            var (signature, hash) = (Hex(sample, "signature"), Hex(sample, "eip191_hash"));
            Assert.True(PersonalSignature.TryRecover(signature, hash, out var signer, out var raw, out _));
            Assert.Equal(sample.GetProperty("checksum_address").GetString(), signer.ToString());
            Assert.Equal(signature, raw);
        });
    }

    [Fact] // each part that a key of the second version carries, as one was really published
    public void LegacyKey_KnownAnswer_IsSignedByTheKnownWallet()
    {
        var sample = File.GetProperty("legacy_signed_public_key");
        var key = SignedPublicKey.Parser.ParseFrom(Hex(sample, "proto_hex"));
        byte[] signature = [.. key.Signature.WalletEcdsaCompact.Bytes.Span, (byte)key.Signature.WalletEcdsaCompact.Recovery];
        var hash = new byte[32];
        SigningHashes.PersonalMessage(Encoding.UTF8.GetBytes(sample.GetProperty("create_identity_text").GetString()!), hash);
        Assert.Equal(Hex(sample, "key_bytes"), key.KeyBytes.ToByteArray());
        Assert.True(PersonalSignature.TryRecover(signature, hash, out var signer, out _, out _));
        Assert.Equal(sample.GetProperty("signer_address").GetString(), signer.ToLowerHex());
    }

    [Theory] // uncompressed, compressed, and compact, which stands for the even point
    [InlineData(65)]
    [InlineData(33)]
    [InlineData(5)]
    public void LegacyDelegated_EachFormOfTheKey_SpeaksForItsWallet(int form)
    {
        var uncompressed = Delegate.PublicKey.Uncompressed.ToArray();
        var odd = (uncompressed[64] & 1) != 0;
        var key = form == 65 ? uncompressed : [(byte)(form == 5 ? 5 : odd ? 3 : 2), .. uncompressed[1..33]];
        var accepted = Verify(LegacyMessage(key), out var verified, out _);
        Assert.Equal(form != 5 || !odd, accepted);
        if (accepted)
        {
            Assert.Equal(MemberIdentifier.Ethereum(Wallet.Address), verified!.Signer);
            Assert.Equal(SignatureKind.LegacyDelegated, verified.Kind);
        }
    }

    [Fact]
    public void LegacyDelegated_KeyBytesOfTheWrongWireType_AreRefused()
    {
        var good = new UnsignedPublicKey { Secp256K1Uncompressed = new() { Bytes = ByteString.CopyFrom(Delegate.PublicKey.Uncompressed.Span) } };
        Assert.False(Verify(LegacyMessage(good, [0x0a, 0x01, 0x05]), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.SignatureInvalid, refusal!.Kind);
    }

    [Fact]
    public void LegacyDelegated_KeyThatIsNoPoint_IsMalformed()
    {
        Assert.False(Verify(LegacyMessage(new byte[65]), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.SignatureMalformed, refusal!.Kind);
    }

    [Fact]
    public void Erc191_PointThatCannotBeRecovered_IsMalformed()
    {
        // r = 5 is no x of a point on the curve.
        byte[] signature = [.. new byte[31], 5, .. new byte[31], 1, 27];
        Assert.False(Verify(new() { Erc191 = new() { Bytes = ByteString.CopyFrom(signature) } }, out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.SignatureMalformed, refusal!.Kind);
        Assert.Equal("signature error", refusal.Message);
    }

    [Fact]
    public void Erc6492_AnyWallet_LeavesTheQuestionToItsChain()
    {
        Assert.True(Verify(SmartWallet("eip155:10:0xAB16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb"), out var verified, out _));
        Assert.Equal("0xab16a96d359ec26a11e2c2b3d8f8b8942d5bfcdb", verified!.Signer.Text);
        Assert.Equal(10UL, verified.ChainId);
        Assert.Equal(new byte[] { 1, 2, 3 }, verified.RawBytes);
        Assert.Equal("eip155:10", verified.Check!.Chain);
        Assert.Equal("0xAB16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb", verified.Check.Account.ToString(), ignoreCase: true);
        Assert.Equal(77UL, verified.Check.BlockNumber);
        Assert.Equal(Text.PersonalHash, verified.Check.Hash);
    }

    [Fact]
    public void Erc6492_ChainThatIsNotEthereums_HasNoVerifier()
    {
        Assert.False(Verify(SmartWallet("solana:main:0xAB16a96D359eC26a11e2C2b3d8f8B8942d5Bfcdb"), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.VerifierNoVerifier, refusal!.Kind);
        Assert.Equal("verifier not present for chain ID solana:main", refusal.Message);
        Assert.False(refusal.IsRetryable);
    }

    [Fact]
    public void Erc6492_AddressThatIsNotEthereums_IsRefused()
    {
        Assert.False(Verify(SmartWallet("eip155:1:vitalik.eth"), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.VerifierAccount, refusal!.Kind);
    }

    [Fact]
    public void TryRead_LegacyWithoutItsParts_IsMissingThem()
    {
        Assert.False(IdentitySignature.TryRead(new() { DelegatedErc191 = new() { DelegatedKey = new() } }, out _, out var refusal));
        Assert.StartsWith("missing field signature of type ", refusal.Message, StringComparison.Ordinal);
        Assert.False(IdentitySignature.TryRead(new() { DelegatedErc191 = new() { Signature = new() } }, out _, out refusal));
        Assert.StartsWith("missing field delegated_key of type ", refusal.Message, StringComparison.Ordinal);
    }

    private static bool Verify(Signature message, out VerifiedSignature? verified, out IdentityRefusal? refusal)
    {
        Assert.True(IdentitySignature.TryRead(message, out var signature, out _));
        return signature.TryVerify(Text, out verified, out refusal);
    }

    private static Signature SmartWallet(string accountId) =>
        new() { Erc6492 = new() { AccountId = accountId, BlockNumber = 77, Signature = ByteString.CopyFrom(1, 2, 3) } };

    private static Signature LegacyMessage(byte[] key) =>
        LegacyMessage(new UnsignedPublicKey { CreatedNs = 1, Secp256K1Uncompressed = new() { Bytes = ByteString.CopyFrom(key) } }, []);

    private static Signature LegacyMessage(UnsignedPublicKey key, byte[] appended)
    {
        byte[] keyBytes = [.. key.ToByteArray(), .. appended];
        var wallet = Sign(Wallet, Encoding.ASCII.GetBytes(
            $"XMTP : Create Identity\n{Convert.ToHexStringLower(keyBytes)}\n\nFor more info: https://xmtp.org/signatures/"));
        return new()
        {
            DelegatedErc191 = new()
            {
                Signature = new() { Bytes = ByteString.CopyFrom(Sign(Delegate, Text.Utf8)) },
                DelegatedKey = new()
                {
                    KeyBytes = ByteString.CopyFrom(keyBytes),
                    Signature = new LegacySignature
                    {
                        EcdsaCompact = new() { Bytes = ByteString.CopyFrom(wallet.AsSpan(0, 64)), Recovery = wallet[64] },
                    },
                },
            },
        };
    }

    private static byte[] Sign(Secp256k1PrivateKey key, byte[] text)
    {
        var (hash, signature) = (new byte[32], new byte[65]);
        SigningHashes.PersonalMessage(text, hash);
        key.Sign(hash, signature);
        return signature;
    }

    private static Secp256k1PrivateKey Key(string hex) => Secp256k1PrivateKey.TryParse(hex, out var key) ? key : throw new ArgumentException("key", nameof(hex));

    private static byte[] Hex(JsonElement sample, string name) => Convert.FromHexString(sample.GetProperty(name).GetString()!);
}
