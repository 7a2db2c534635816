using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>The entries of one commit that the same streams get. Streams queue references to it; its entries go when the ring needs the room.</summary>
internal sealed class FeedSlice
{
    private volatile FeedEntries? _entries;

    public FeedSlice(long batch, OriginatorId originator, SequenceId last, LogEntry[] entries)
    {
        (Batch, Originator, Last, _entries) = (batch, originator, last, new FeedEntries(entries));
        foreach (var entry in entries)
        {
            Bytes += entry.Bytes.Length;
        }
    }

    /// <summary>Number of the commit in this process's feed; slices of one commit share it.</summary>
    public long Batch { get; }

    /// <summary>The log.</summary>
    public OriginatorId Originator { get; }

    /// <summary>The log's mark after the commit.</summary>
    public SequenceId Last { get; }

    /// <summary>Bytes of the envelopes.</summary>
    public int Bytes { get; }

    /// <summary>The entries; <see langword="null"/> once the ring dropped them.</summary>
    public FeedEntries? Entries => _entries;

    /// <summary>Lets the entries go, whoever still queues this slice.</summary>
    public void Drop() => _entries = null;
}
