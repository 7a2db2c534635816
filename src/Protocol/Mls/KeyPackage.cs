namespace XmtpOrleans.Protocol.Mls;

/// <summary>A key package (RFC 9420 §10), taken apart but not judged. Points into the bytes it was read from.</summary>
internal readonly ref struct KeyPackage
{
    public required ushort Version { get; init; }

    public required CipherSuite CipherSuite { get; init; }

    public required ReadOnlySpan<byte> InitKey { get; init; }

    public required LeafNode Leaf { get; init; }

    public required ReadOnlySpan<byte> Extensions { get; init; }

    /// <summary>The key package without its signature, the leaf's signature included.</summary>
    public required ReadOnlySpan<byte> ToBeSigned { get; init; }

    public required ReadOnlySpan<byte> Signature { get; init; }
}
