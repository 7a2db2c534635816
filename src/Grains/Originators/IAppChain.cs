namespace XmtpOrleans.Grains.Originators;

/// <summary>The chain that orders commits and identity updates.</summary>
public interface IAppChain
{
    /// <summary>Broadcasts a client envelope and returns once the chain holds it durably. The same bytes for the same identifier within ten
    /// minutes are the same broadcast.</summary>
    /// <exception cref="StoreException">The chain is away.</exception>
    Task<BroadcastResult> BroadcastAsync(
        ChainContract contract, ReadOnlyMemory<byte> identifier, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken);

    /// <summary>Events of a contract after a cursor, in the chain's order. Waits up to <paramref name="wait"/> when there are none yet.</summary>
    /// <exception cref="StoreException">The chain is away.</exception>
    Task<IReadOnlyList<ChainEvent>> ReadEventsAsync(
        ChainContract contract, ChainCursor? after, int limit, TimeSpan wait, CancellationToken cancellationToken);
}
