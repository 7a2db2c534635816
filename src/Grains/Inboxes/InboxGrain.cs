using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Keeps one inbox in memory while its updates come; goes idle soon after.</summary>
[GrainType("xmtp.inbox"), SpreadPlacement, CollectionAgeLimit(Minutes = 3)]
internal sealed class InboxGrain(IEnvelopeStore store, IUpdateVerifier verifier, IWalletVerifier wallets) : Grain, IInboxGrain
{
    private InboxState? _state;

    public async Task<InboxVerdicts> ValidateAsync(InboxUpdates updates, CancellationToken cancellationToken)
    {
        _state ??= InboxId.TryParse(this.GetPrimaryKeyString(), out var inbox)
            ? new InboxState(inbox, store, verifier, wallets)
            : throw new InvalidOperationException("the key of an inbox grain is the inbox id in hex");
        try
        {
            return await _state.ValidateAsync(updates, cancellationToken);
        }
        catch (StoreException failure)
        {
            // As a value: no exception of ours crosses between silos.
            return InboxVerdicts.Undecided(updates, failure.Message);
        }
    }
}
