using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Keeps the events of the chain of one machine in the node's database. Any process that reaches the database may append.</summary>
public interface ILocalChainStore
{
    /// <summary>Gives the broadcast its number, block and time in one fenced statement, flushed before it returns; when the same payload was
    /// appended for the same identifier at or after <paramref name="sinceNs"/>, returns that event instead.</summary>
    /// <remarks>Each event is a block of its own, counted over both contracts; <see cref="LocalChainEvents"/> makes it out of what is kept.</remarks>
    /// <param name="contract">The contract.</param>
    /// <param name="identifier">Group id or inbox id.</param>
    /// <param name="payload">The broadcast bytes.</param>
    /// <param name="nowNs">The broadcaster's clock; the block's time is this, but always later than the block before.</param>
    /// <param name="sinceNs">Start of the duplicate window.</param>
    /// <param name="cancellationToken">Ends the wait; the event may be appended all the same.</param>
    Task<ChainEvent> AppendAsync(
        ChainContract contract,
        ReadOnlyMemory<byte> identifier,
        ReadOnlyMemory<byte> payload,
        long nowNs,
        long sinceNs,
        CancellationToken cancellationToken);

    /// <summary>Events of a contract after a position, ascending.</summary>
    Task<IReadOnlyList<ChainEvent>> ReadAsync(
        ChainContract contract, SequenceId after, int limit, CancellationToken cancellationToken);

    /// <summary>Completes at once when an event stands after the position already, else when any process may have appended one, or the wait
    /// is over. Never a poll: a process is told by its own appends, and by the database's notification of others'.</summary>
    Task WaitForAppendAsync(ChainContract contract, SequenceId after, TimeSpan wait, CancellationToken cancellationToken);
}
