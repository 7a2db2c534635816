using Orleans.Runtime;
using Orleans.Runtime.Services;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>What the other silos say of the store.</summary>
internal sealed class StoreWitnesses(IServiceProvider services, IClusterMembershipService membership, ILocalSiloDetails local)
    : GrainServiceClient<IStoreWitness>(services)
{
    /// <summary>Those that it answers.</summary>
    public async Task<IReadOnlyList<SiloAddress>> SeeingAsync()
    {
        SiloAddress[] others =
        [
            .. membership.CurrentSnapshot.Members.Values
                .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(local.SiloAddress))
                .Select(static member => member.SiloAddress),
        ];
        var seeing = await Task.WhenAll(others.Select(SeesAsync));
        return [.. others.Where((_, at) => seeing[at])];
    }

    private async Task<bool> SeesAsync(SiloAddress silo)
    {
        try
        {
            return await GetGrainService(silo).SeesStoreAsync();
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure))
        {
            return false; // it is gone, or of a version that is not asked this
        }
    }
}
