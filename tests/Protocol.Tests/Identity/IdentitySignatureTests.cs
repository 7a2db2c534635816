using System.Text;
using System.Text.Json;
using Google.Protobuf;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Identity.Signatures;
using XmtpOrleans.Testing;
using Xmtp.MessageContents;
using Signature = Xmtp.Identity.Associations.Signature;

namespace XmtpOrleans.Protocol.Tests.Identity;

public sealed class IdentitySignatureTests
{
    private static readonly JsonElement File = Vectors.LoadJson("identity/primitive-signatures.json");
    private static readonly SignatureText Text = SignatureText.Of("any", 0, []);
    private static readonly TestWallet Wallet = new(0x11);
    private static readonly TestWallet Delegate = new(0x22);

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
        var uncompressed = Delegate.PublicKey;
        var odd = (uncompressed[64] & 1) != 0;
        var key = form == 65 ? uncompressed : [(byte)(form == 5 ? 5 : odd ? 3 : 2), .. uncompressed[1..33]];
        var accepted = Verify(Wallet.SignThrough(Delegate, Text.Utf8, key), out var verified, out _);
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
        Assert.True(Verify(Wallet.SignThrough(Delegate, Text.Utf8, appendedToKey: [0x10, 0x05]), out _, out _)); // an unknown field
        Assert.False(Verify(Wallet.SignThrough(Delegate, Text.Utf8, appendedToKey: [0x0a, 0x01, 0x05]), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.SignatureInvalid, refusal!.Kind);
    }

    [Fact]
    public void LegacyDelegated_KeyThatIsNoPoint_IsMalformed()
    {
        Assert.False(Verify(Wallet.SignThrough(Delegate, Text.Utf8, new byte[65]), out _, out var refusal));
        Assert.Equal(IdentityRefusalKind.SignatureMalformed, refusal!.Kind);
    }

    [Fact]
    public void Erc191_EachV_StandsForAParityOrIsRefused()
    {
        var signature = Wallet.Raw(Text.Utf8, v: 0);
        var parity = signature[64];
        for (var v = 0; v <= byte.MaxValue; v++)
        {
            signature[64] = (byte)v;
            var accepted = Verify(new() { Erc191 = new() { Bytes = ByteString.CopyFrom(signature) } }, out var verified, out var refusal);
            if (v is (>= 2 and <= 26) or (>= 29 and <= 34))
            {
                Assert.False(accepted);
                Assert.Equal($"invalid parity: {v}", refusal!.Message);
                continue;
            }

            Assert.True(accepted);
            Assert.Equal(signature, verified!.RawBytes);
            var says = v >= 35 ? (v - 35) % 2 : v % 27;
            Assert.Equal(says == parity, verified.Signer.Equals(MemberIdentifier.Ethereum(Wallet.Address)));
        }
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

    private static byte[] Hex(JsonElement sample, string name) => Convert.FromHexString(sample.GetProperty(name).GetString()!);
}
