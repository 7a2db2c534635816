using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Judges identity updates on top of what an inbox already holds. It stores nothing: the log of identity updates does.</summary>
public interface IInboxValidator
{
    /// <summary>Judges updates of one inbox, each on top of the valid ones before it.</summary>
    Task<InboxVerdicts> ValidateAsync(InboxId inbox, InboxUpdates updates, CancellationToken cancellationToken);
}
