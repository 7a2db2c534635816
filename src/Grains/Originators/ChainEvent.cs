using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>One broadcast as the chain recorded it.</summary>
public sealed record ChainEvent
{
    /// <summary>The contract that emitted it.</summary>
    public required ChainContract Contract { get; init; }

    /// <summary>The contract's own counter: the envelope's sequence id.</summary>
    public required SequenceId Sequence { get; init; }

    /// <summary>Group id (16 bytes) or inbox id (32 bytes) of the event.</summary>
    public required byte[] Identifier { get; init; }

    /// <summary>The broadcast bytes: a client envelope, if the sender was honest.</summary>
    public required byte[] Payload { get; init; }

    /// <summary>Block that holds it.</summary>
    public required ulong Block { get; init; }

    /// <summary>That block's hash, 32 bytes.</summary>
    public required byte[] BlockHash { get; init; }

    /// <summary>That block's time, nanoseconds since the Unix epoch.</summary>
    public required long BlockTimeNs { get; init; }

    /// <summary>Index of the event's log in its block.</summary>
    public required uint LogIndex { get; init; }

    /// <summary>Hash of the transaction, 32 bytes.</summary>
    public required byte[] TransactionHash { get; init; }
}
