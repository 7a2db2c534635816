using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Signs with this node's key, wherever that key is kept.</summary>
public interface ISigner
{
    /// <summary>Address of the key.</summary>
    EthereumAddress Address { get; }

    /// <summary>Originator signatures (65 bytes each, at the same index) over unsigned originator envelopes. Runs off the caller's turn.
    /// An exception ends the activation that called: what it was about to store is not stored.</summary>
    Task<byte[][]> SignAsync(IReadOnlyList<byte[]> unsignedEnvelopes);
}
