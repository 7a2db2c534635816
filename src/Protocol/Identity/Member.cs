namespace XmtpOrleans.Protocol.Identity;

/// <summary>A member of an inbox and how it came in.</summary>
public sealed record Member
{
    /// <summary>Who it is.</summary>
    public required MemberIdentifier Identifier { get; init; }

    /// <summary>Who vouched for it; <see langword="null"/> for the member that created the inbox.</summary>
    public MemberIdentifier? AddedBy { get; init; }

    /// <summary>The time its update claims, nanoseconds since the Unix epoch; <see langword="null"/> for the member that created the inbox.</summary>
    public ulong? ClientTimestampNs { get; init; }

    /// <summary>The chain that judged its signature; <see langword="null"/> unless it signed as a smart contract wallet.</summary>
    public ulong? AddedOnChain { get; init; }
}
