using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Signs for the account that pays.</summary>
internal sealed class PayerSigner(Secp256k1PrivateKey key)
{
    /// <summary>Days that every payload is paid for.</summary>
    public const uint RetentionDays = 60;

    /// <summary>The account.</summary>
    public EthereumAddress Address => key.Address;

    /// <summary>A payer envelope around the exact client bytes, good for that one node.</summary>
    public byte[] Seal(ReadOnlySpan<byte> clientEnvelope, OriginatorId target)
    {
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        Span<byte> signature = stackalloc byte[Secp256k1.SignatureSize];
        SigningHashes.Payer(target, clientEnvelope, hash);
        key.Sign(hash, signature);
        return EnvelopeEncoder.Payer(clientEnvelope, signature, target, RetentionDays);
    }
}
