using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Asks the inbox's grain. A grain that cannot be reached leaves the updates undecided.</summary>
internal sealed class InboxValidator(IGrainFactory grains) : IInboxValidator
{
    /// <inheritdoc/>
    public async Task<InboxVerdicts> ValidateAsync(InboxId inbox, InboxUpdates updates, CancellationToken cancellationToken)
    {
        try
        {
            return await grains.GetGrain<IInboxGrain>(inbox.ToString()).ValidateAsync(updates).WaitAsync(cancellationToken);
        }
        catch (Exception failure) when (failure is OrleansMessageRejectionException or ConnectionFailedException or TimeoutException)
        {
            return InboxVerdicts.Undecided(updates, "the inbox could not be reached");
        }
    }
}
