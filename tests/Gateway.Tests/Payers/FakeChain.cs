using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Tests.Payers;

/// <summary>Numbers what is broadcast, and tells the test.</summary>
internal sealed class FakeChain : IAppChain
{
    private readonly Lock _lock = new();
    private readonly List<ChainEvent> _events = [];
    private readonly Dictionary<ChainContract, ulong> _skipped = [];

    /// <summary>What follows a broadcast; nodes store it here.</summary>
    public Action<ChainEvent> OnEvent { get; set; } = static _ => { };

    /// <summary>Fails broadcasts.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Refuses broadcasts.</summary>
    public string? Refusal { get; set; }

    public IReadOnlyList<ChainEvent> Events
    {
        get
        {
            lock (_lock) { return [.. _events]; }
        }
    }

    /// <summary>Somebody else broadcasts.</summary>
    public void Skip(ChainContract contract) => _skipped[contract] = _skipped.GetValueOrDefault(contract) + 1;

    public Task<BroadcastResult> BroadcastAsync(
        ChainContract contract, ReadOnlyMemory<byte> identifier, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (Failure is not null) throw Failure;
        if (Refusal is not null) return Task.FromResult(new BroadcastResult { Refusal = Refusal });

        ChainEvent appended;
        lock (_lock)
        {
            appended = _events.Find(known => known.Contract == contract && known.Payload.AsSpan().SequenceEqual(payload.Span))!;
            if (appended is null)
            {
                var sequence = (ulong)_events.Count(known => known.Contract == contract) + _skipped.GetValueOrDefault(contract) + 1;
                appended = LocalChainEvents.Of(
                    contract, new SequenceId(sequence), identifier.ToArray(), payload.ToArray(), (ulong)_events.Count + 1, blockTimeNs: 1);
                _events.Add(appended);
            }
        }

        OnEvent(appended);
        return Task.FromResult(new BroadcastResult { Event = appended });
    }

    public Task<IReadOnlyList<ChainEvent>> ReadEventsAsync(
        ChainContract contract, ChainCursor? after, int limit, TimeSpan wait, CancellationToken cancellationToken) =>
        throw new NotSupportedException("A gateway does not read the chain.");
}
