using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Everything one commit writes to a log: all of it or nothing.</summary>
public sealed record LogAppend
{
    /// <summary>The lease that must still be the log's latest.</summary>
    public required Lease Lease { get; init; }

    /// <summary>The mark the log must still have.</summary>
    public required SequenceId Previous { get; init; }

    /// <summary>The mark after the commit.</summary>
    public required SequenceId Last { get; init; }

    /// <summary>Time of the last event after the commit, in nanoseconds.</summary>
    public required long LastNs { get; init; }

    /// <summary>The rows, ascending by sequence id; may be empty when only rejected positions are recorded.</summary>
    public required IReadOnlyList<LogRow> Rows { get; init; }

    /// <summary>Positions that are recorded as rejected and never served.</summary>
    public IReadOnlyList<RejectedEntry> Rejected { get; init; } = [];

    /// <summary>How far the chain has been read with this commit; only for chain logs.</summary>
    public ChainCursor? Cursor { get; init; }
}
