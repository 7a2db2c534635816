using Orleans.Services;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>What every silo tells the others of the store that all of them share.</summary>
[Alias("xmtp.store-witness")]
internal interface IStoreWitness : IGrainService
{
    /// <summary>Whether the store answers this silo now. Takes a second at most.</summary>
    [Alias("sees-store"), ResponseTimeout("00:00:02")]
    Task<bool> SeesStoreAsync();
}
