using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Tests.Originators;

/// <summary>Inboxes that say what the test wants, and remember what they were asked.</summary>
internal sealed class FakeInboxes : IInboxValidator
{
    public List<(InboxId Inbox, InboxUpdates Updates)> Asked { get; } = [];

    public Func<InboxId, InboxUpdate, InboxVerdict> Verdict { get; set; } = static (_, _) => new InboxVerdict { Status = InboxVerdictStatus.Valid };

    public Task<InboxVerdicts> ValidateAsync(InboxId inbox, InboxUpdates updates, CancellationToken cancellationToken)
    {
        Asked.Add((inbox, updates));
        return Task.FromResult(new InboxVerdicts { Verdicts = [.. updates.Updates.Select(update => Verdict(inbox, update))] });
    }
}
