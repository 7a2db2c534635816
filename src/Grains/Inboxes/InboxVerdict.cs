using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>What an inbox says to one identity update.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.inbox-verdict")]
public sealed class InboxVerdict
{
    /// <summary>The verdict.</summary>
    [Id(0)] public required InboxVerdictStatus Status { get; init; }

    /// <summary>Why the update is not valid, in the network's words; empty when it is.</summary>
    [Id(1)] public string Reason { get; init; } = "";

    /// <summary>The wallet addresses the update adds, then those it removes; empty unless it is valid.</summary>
    [Id(2)] public AddressChange[] AddressChanges { get; init; } = [];
}
