using System.Text;
using Google.Protobuf;
using XmtpOrleans.Protocol.Crypto;
using Xmtp.MessageContents;
using IdentitySignature = Xmtp.Identity.Associations.Signature;

namespace XmtpOrleans.Protocol.Tests.Identity;

internal sealed class TestWallet(byte number)
{
    private readonly Secp256k1PrivateKey _key =
        Secp256k1PrivateKey.TryFromBytes(Enumerable.Repeat(number, 32).ToArray(), out var key) ? key : throw new ArgumentException("key", nameof(number));

    public EthereumAddress Address => _key.Address;

    public IdentitySignature Sign(byte[] text) => new() { Erc191 = new() { Bytes = ByteString.CopyFrom(Raw(text, v: 27)) } };

    // Through a key of the second protocol version, as apps of that time kept one: encoded as given, or uncompressed.
    public IdentitySignature SignThrough(TestWallet legacy, byte[] text, byte[]? encodedKey = null, byte[]? appendedToKey = null)
    {
        var encoded = encodedKey ?? legacy._key.PublicKey.Uncompressed.ToArray();
        var key = new UnsignedPublicKey { CreatedNs = 1, Secp256K1Uncompressed = new() { Bytes = ByteString.CopyFrom(encoded) } };
        byte[] keyBytes = [.. key.ToByteArray(), .. appendedToKey ?? []];
        var signature = Raw(
            Encoding.ASCII.GetBytes($"XMTP : Create Identity\n{Convert.ToHexStringLower(keyBytes)}\n\nFor more info: https://xmtp.org/signatures/"), v: 0);
        return new()
        {
            DelegatedErc191 = new()
            {
                Signature = new() { Bytes = ByteString.CopyFrom(legacy.Raw(text, v: 27)) },
                DelegatedKey = new()
                {
                    KeyBytes = ByteString.CopyFrom(keyBytes),
                    Signature = new() { EcdsaCompact = new() { Bytes = ByteString.CopyFrom(signature.AsSpan(0, 64)), Recovery = signature[64] } },
                },
            },
        };
    }

    public byte[] PublicKey => _key.PublicKey.Uncompressed.ToArray();

    public byte[] Raw(byte[] text, int v)
    {
        var (hash, signature) = (new byte[32], new byte[65]);
        SigningHashes.PersonalMessage(text, hash);
        _key.Sign(hash, signature);
        signature[64] += (byte)v;
        return signature;
    }
}
