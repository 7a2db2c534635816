using Orleans.Runtime;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Simulation;

/// <summary>The way of one process to the inboxes, as <see cref="InboxValidator"/> is for grains.</summary>
internal sealed class InboxProxy(ChainNode node, ChainSilo from) : IInboxValidator
{
    public async Task<InboxVerdicts> ValidateAsync(InboxId inbox, InboxUpdates updates, CancellationToken cancellationToken)
    {
        try
        {
            return await node.Network.CallAsync(
                () => node.Cluster.Locate($"inbox {inbox}", from), silo => silo.ValidateAsync(inbox, updates), TimeSpan.FromSeconds(5));
        }
        catch (Exception failure) when (failure is TimeoutException or SiloUnavailableException)
        {
            return InboxVerdicts.Undecided(updates, "the inbox could not be reached");
        }
    }
}
