namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Answer to <see cref="InboxUpdates"/>: one verdict for each update at the same index.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.inbox-verdicts")]
public sealed class InboxVerdicts
{
    /// <summary>The verdicts.</summary>
    [Id(0)] public required InboxVerdict[] Verdicts { get; init; }
}
