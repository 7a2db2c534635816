using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity;

/// <summary>A question that only a chain can answer: does this smart contract wallet accept the signature, as of that block (ERC-1271, ERC-6492)?</summary>
public sealed record WalletCheck
{
    /// <summary>The chain as the update writes it, such as <c>eip155:1</c>; looked up exactly.</summary>
    public required string Chain { get; init; }

    /// <summary>The wallet.</summary>
    public required EthereumAddress Account { get; init; }

    /// <summary>What it is said to have signed, 32 bytes.</summary>
    public required ReadOnlyMemory<byte> Hash { get; init; }

    /// <summary>The signature, of any length.</summary>
    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The block whose state decides; 0 is block 0.</summary>
    public required ulong BlockNumber { get; init; }
}
