namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Answer to <see cref="InboxUpdates"/>: one verdict for each update at the same index.</summary>
[GenerateSerializer, Immutable, Alias("xmtp.inbox-verdicts")]
public sealed class InboxVerdicts
{
    /// <summary>The verdicts.</summary>
    [Id(0)] public required InboxVerdict[] Verdicts { get; init; }

    /// <summary>No update can be judged now.</summary>
    internal static InboxVerdicts Undecided(InboxUpdates updates, string reason)
    {
        var verdict = new InboxVerdict { Status = InboxVerdictStatus.Undecided, Reason = reason };
        return new InboxVerdicts { Verdicts = Array.ConvertAll(updates.Updates, _ => verdict) };
    }
}
