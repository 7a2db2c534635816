namespace XmtpOrleans.Grains.Inboxes;

/// <summary>The association state of one inbox, keyed by the inbox id in lower-case hex.</summary>
[Alias("xmtp.inbox")]
public interface IInboxGrain : IGrainWithStringKey
{
    /// <summary>Judges updates, each on top of the valid ones before it, starting from exactly the state after the stored update that
    /// <see cref="InboxUpdates.After"/> names; a grain that stands elsewhere reloads from the store first. Repeating a call is safe. A caller that gives up
    /// cancels its call: calls wait for each other, and one that has not begun by then never does.</summary>
    [Alias("validate"), ResponseTimeout("00:00:05")]
    Task<InboxVerdicts> ValidateAsync(InboxUpdates updates, CancellationToken cancellationToken);
}
