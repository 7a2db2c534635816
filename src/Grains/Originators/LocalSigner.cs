using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Signs with a key that this process holds, a batch at a time on the thread pool.</summary>
public sealed class LocalSigner(Secp256k1PrivateKey key) : ISigner
{
    /// <inheritdoc/>
    public EthereumAddress Address => key.Address;

    /// <inheritdoc/>
    public Task<byte[][]> SignAsync(IReadOnlyList<byte[]> unsignedEnvelopes) => Task.Run(() => Sign(unsignedEnvelopes));

    private byte[][] Sign(IReadOnlyList<byte[]> unsignedEnvelopes)
    {
        var signatures = new byte[unsignedEnvelopes.Count][];
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        for (var at = 0; at < signatures.Length; at++)
        {
            signatures[at] = new byte[Secp256k1.SignatureSize];
            SigningHashes.Originator(unsignedEnvelopes[at], hash);
            key.Sign(hash, signatures[at]);
        }

        return signatures;
    }
}
