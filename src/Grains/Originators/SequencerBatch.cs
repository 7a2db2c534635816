using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>What is stamped, signed and committed together.</summary>
internal sealed class SequencerBatch(List<PendingPublish> publishes)
{
    /// <summary>The requests, answered ones among them.</summary>
    public List<PendingPublish> Publishes => publishes;

    /// <summary>The new rows, in order.</summary>
    public List<StampedRow> Rows { get; } = [];

    /// <summary>The log's last stamp before it.</summary>
    public SequenceId Previous { get; set; }

    /// <summary>The row of a position.</summary>
    public bool TryFind(SequenceId sequence, [NotNullWhen(true)] out StampedRow? row)
    {
        var at = sequence.Value - Previous.Value - 1;
        row = sequence > Previous && at < (ulong)Rows.Count ? Rows[(int)at] : null;
        return row is not null;
    }
}
