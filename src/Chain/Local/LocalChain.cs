using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Chain.Local;

/// <summary>The chain of one machine: an ordered list in the node's database under the rules of the broadcaster contracts (03 §11). An event
/// is final as soon as it is there.</summary>
internal sealed class LocalChain(ILocalChainStore store, TimeProvider clock) : IAppChain
{
    /// <summary>Smallest payload that the contracts take, as deployed.</summary>
    public const int MinPayloadBytes = 78;

    /// <summary>Largest payload that the contracts take.</summary>
    public const int MaxPayloadBytes = 262_144;

    private const int GroupIdBytes = 16;

    /// <summary>How long the same bytes for the same identifier are the same broadcast.</summary>
    public static readonly TimeSpan DuplicateWindow = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public async Task<BroadcastResult> BroadcastAsync(
        ChainContract contract, ReadOnlyMemory<byte> identifier, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        if (Refusal(contract, identifier.Length, payload.Length) is { } refusal) return new BroadcastResult { Refusal = refusal };

        var now = NanosecondsOf(clock.GetUtcNow());
        var since = now - (DuplicateWindow.Ticks * TimeSpan.NanosecondsPerTick);
        return new BroadcastResult { Event = await store.AppendAsync(contract, identifier, payload, now, since, cancellationToken) };
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ChainEvent>> ReadEventsAsync(
        ChainContract contract, ChainCursor? after, int limit, TimeSpan wait, CancellationToken cancellationToken)
    {
        var position = after?.LastEvent ?? default;
        var started = clock.GetTimestamp();
        while (true)
        {
            var events = await store.ReadAsync(contract, position, limit, cancellationToken);
            var rest = wait - clock.GetElapsedTime(started);
            if (events.Count > 0 || rest <= TimeSpan.Zero) return events;
            await store.WaitForAppendAsync(contract, position, rest, cancellationToken);
        }
    }

    private static string? Refusal(ChainContract contract, int identifierLength, int payloadLength)
    {
        var (name, length) = contract == ChainContract.GroupMessages ? ("group id", GroupIdBytes) : ("inbox id", InboxId.Size);
        if (identifierLength != length) return $"{name} must have {length} bytes, not {identifierLength}";
        return payloadLength is >= MinPayloadBytes and <= MaxPayloadBytes
            ? null
            : $"payload must have {MinPayloadBytes} to {MaxPayloadBytes} bytes, not {payloadLength}";
    }

    private static long NanosecondsOf(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
}
