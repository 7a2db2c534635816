using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The right to append to one log, as the store granted it. A later lease of the same log ends it (invariant I5).</summary>
public sealed record Lease
{
    /// <summary>The log.</summary>
    public required OriginatorId Originator { get; init; }

    /// <summary>Number of this lease; every append compares it inside the store.</summary>
    public required long Epoch { get; init; }

    /// <summary>The log's mark when the lease was taken.</summary>
    public required SequenceId Last { get; init; }

    /// <summary>Time of the last event of the log in nanoseconds, rejected events included; zero when there is none.</summary>
    public required long LastNs { get; init; }

    /// <summary>The store's own clock when the lease was taken.</summary>
    public required DateTimeOffset StoreTime { get; init; }

    /// <summary>Secret of this node's publish fingerprints, 16 bytes, made once when the store was created.</summary>
    public required byte[] FingerprintKey { get; init; }
}
