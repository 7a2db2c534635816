using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Originators;

/// <summary>A wallet address that an identity update associated with an inbox, or took from it (02 §12.2).</summary>
[GenerateSerializer, Immutable, Alias("xmtp.address-change")]
public sealed class AddressChange
{
    /// <summary>The address, lower-case hex with 0x.</summary>
    [Id(0)] public required string Address { get; init; }

    /// <summary>The inbox.</summary>
    [Id(1)] public required InboxId Inbox { get; init; }

    /// <summary>Position of the identity update in the log of identity updates.</summary>
    [Id(2)] public required SequenceId Sequence { get; init; }

    /// <summary>Whether the association ended; otherwise it began.</summary>
    [Id(3)] public required bool Revoked { get; init; }
}
