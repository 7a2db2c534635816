using XmtpOrleans.Grains.Hosting;
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
            return await grains.GetGrain<IInboxGrain>(inbox.ToString()).ValidateAsync(updates, cancellationToken);
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure) && !cancellationToken.IsCancellationRequested)
        {
            return InboxVerdicts.Undecided(updates, "the inbox could not be reached");
        }
    }
}
