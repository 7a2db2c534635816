using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>One identity update that is not stored yet.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.inbox-update")]
public sealed class InboxUpdate
{
    /// <summary>The position it will have in the log of identity updates; zero when it has none yet (a check before the broadcast).</summary>
    [Id(0)] public required SequenceId Sequence { get; init; }

    /// <summary>The client envelope that carries it, exactly as it arrived; its topic is known to be the inbox's.</summary>
    [Id(1)] public required byte[] ClientEnvelope { get; init; }
}
