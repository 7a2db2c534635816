namespace XmtpOrleans.Protocol.Mls;

/// <summary>What the owner of a leaf says it supports: five lists of 16-bit numbers, big-endian and of even length.</summary>
internal readonly ref struct Capabilities
{
    public required ReadOnlySpan<byte> Versions { get; init; }

    public required ReadOnlySpan<byte> CipherSuites { get; init; }

    public required ReadOnlySpan<byte> Extensions { get; init; }

    public required ReadOnlySpan<byte> Proposals { get; init; }

    public required ReadOnlySpan<byte> Credentials { get; init; }
}
