using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Testing;

/// <summary>A chain in memory: every broadcast is an event of a block of its own.</summary>
public sealed class FakeAppChain(TimeProvider clock) : IAppChain
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ChainContract, List<ChainEvent>> _events = new() { [ChainContract.GroupMessages] = [], [ChainContract.IdentityUpdates] = [] };
    private readonly List<TaskCompletionSource> _waits = [];

    /// <summary>Awaited before events are read; what it throws, the reader gets.</summary>
    public Func<Task> BeforeRead { get; set; } = static () => Task.CompletedTask;

    /// <summary>Time of the next block; <see langword="null"/> for the clock's.</summary>
    public long? NextBlockTimeNs { get; set; }

    /// <summary>The events of a contract so far.</summary>
    public IReadOnlyList<ChainEvent> Events(ChainContract contract)
    {
        lock (_lock) return [.. _events[contract]];
    }

    /// <summary>Puts an event on the chain.</summary>
    public ChainEvent Emit(ChainContract contract, ReadOnlyMemory<byte> identifier, ReadOnlyMemory<byte> payload)
    {
        List<TaskCompletionSource> waits;
        ChainEvent emitted;
        lock (_lock)
        {
            var events = _events[contract];
            var time = NextBlockTimeNs ?? (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
            emitted = LocalChainEvents.Of(
                contract, new SequenceId((ulong)events.Count + 1), identifier.ToArray(), payload.ToArray(), (ulong)_events.Values.Sum(list => list.Count) + 1, time);
            events.Add(emitted);
            waits = [.. _waits];
            _waits.Clear();
        }

        foreach (var wait in waits) wait.TrySetResult();
        return emitted;
    }

    /// <inheritdoc/>
    public Task<BroadcastResult> BroadcastAsync(
        ChainContract contract, ReadOnlyMemory<byte> identifier, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken) =>
        Task.FromResult(new BroadcastResult { Event = Emit(contract, identifier, payload) });

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ChainEvent>> ReadEventsAsync(
        ChainContract contract, ChainCursor? after, int limit, TimeSpan wait, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            await BeforeRead();
            var left = wait - clock.GetElapsedTime(started);
            var appended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                var events = _events[contract].Where(source => source.Sequence > (after?.LastEvent ?? default)).Take(limit).ToList();
                if (events.Count > 0 || left <= TimeSpan.Zero) return events;
                _waits.Add(appended);
            }

            await using var timer = clock.CreateTimer(_ => appended.TrySetResult(), state: null, left, Timeout.InfiniteTimeSpan);
            await using var cancelled = cancellationToken.Register(() => appended.TrySetResult());
            await appended.Task;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }
}
