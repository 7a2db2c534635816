namespace XmtpOrleans.Protocol.Mls;

/// <summary>The leaf node inside a key package (RFC 9420 §7.2), taken apart. Points into the bytes it was read from.</summary>
internal readonly ref struct LeafNode
{
    public required ReadOnlySpan<byte> EncryptionKey { get; init; }

    public required ReadOnlySpan<byte> SignatureKey { get; init; }

    public required ushort CredentialType { get; init; }

    public required ReadOnlySpan<byte> CredentialIdentity { get; init; }

    public required Capabilities Capabilities { get; init; }

    public required LeafNodeSource Source { get; init; }

    /// <summary>Start of the lifetime in Unix seconds; 0 when the source is not a key package.</summary>
    public required ulong NotBefore { get; init; }

    /// <summary>End of the lifetime in Unix seconds; 0 when the source is not a key package.</summary>
    public required ulong NotAfter { get; init; }

    public required ReadOnlySpan<byte> Extensions { get; init; }

    /// <summary>The leaf without its signature: what the signature covers when the source is a key package.</summary>
    public required ReadOnlySpan<byte> ToBeSigned { get; init; }

    public required ReadOnlySpan<byte> Signature { get; init; }
}
