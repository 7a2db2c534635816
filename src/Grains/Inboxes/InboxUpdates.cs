using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Identity updates of one inbox that wait for a verdict.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.inbox-updates")]
public sealed class InboxUpdates
{
    /// <summary>Position of the inbox's last stored update in the log of identity updates; zero when it has none.</summary>
    [Id(0)] public required SequenceId After { get; init; }

    /// <summary>The updates in the order of that log.</summary>
    [Id(1)] public required InboxUpdate[] Updates { get; init; }
}
