using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Chain.Tests.Local;

/// <summary>Keeps the events of one test.</summary>
internal sealed class InMemoryLocalChainStore : ILocalChainStore
{
    private readonly Lock _lock = new();
    private readonly List<ChainEvent> _events = [];
    private TaskCompletionSource _appended = NewSignal();

    /// <summary>What each wait was given, in order of the calls.</summary>
    public List<TimeSpan> Waits { get; } = [];

    /// <summary>Whether waits end at once although nothing was appended.</summary>
    public bool WakesForNothing { get; init; }

    /// <summary>Runs at each wait, before it.</summary>
    public Action? OnWait { get; set; }

    public Task<ChainEvent> AppendAsync(
        ChainContract contract,
        ReadOnlyMemory<byte> identifier,
        ReadOnlyMemory<byte> payload,
        long nowNs,
        long sinceNs,
        CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var same = _events.LastOrDefault(known => known.Contract == contract && known.BlockTimeNs >= sinceNs
                && known.Identifier.AsSpan().SequenceEqual(identifier.Span) && known.Payload.AsSpan().SequenceEqual(payload.Span));
            if (same is not null) return Task.FromResult(same);

            var sequence = new SequenceId((ulong)_events.Count(known => known.Contract == contract) + 1);
            var time = _events.Count == 0 ? nowNs : Math.Max(nowNs, _events[^1].BlockTimeNs + 1);
            var added = LocalChainEvents.Of(
                contract, sequence, identifier.ToArray(), payload.ToArray(), (ulong)_events.Count + 1, time);
            _events.Add(added);
            _appended.TrySetResult();
            _appended = NewSignal();
            return Task.FromResult(added);
        }
    }

    public Task<IReadOnlyList<ChainEvent>> ReadAsync(
        ChainContract contract, SequenceId after, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<ChainEvent>>(
                [.. _events.Where(known => known.Contract == contract && known.Sequence > after).Take(limit)]);
        }
    }

    public Task WaitForAppendAsync(ChainContract contract, SequenceId after, TimeSpan wait, CancellationToken cancellationToken)
    {
        Waits.Add(wait);
        OnWait?.Invoke();
        lock (_lock)
        {
            var isThere = _events.Any(known => known.Contract == contract && known.Sequence > after);
            return isThere || WakesForNothing ? Task.CompletedTask : _appended.Task.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
