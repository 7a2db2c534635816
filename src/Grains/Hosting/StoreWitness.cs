using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <inheritdoc cref="IStoreWitness"/>
internal sealed class StoreWitness(GrainId id, Silo silo, ILoggerFactory loggers, StoreContact contact) : GrainService(id, silo, loggers), IStoreWitness
{
    /// <inheritdoc/>
    public Task<bool> SeesStoreAsync() => contact.IsAnsweringAsync(CancellationToken.None);
}
