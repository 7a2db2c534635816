using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Topics;

/// <summary>The end of one topic in one log: every entry after <see cref="Floor"/>. Immutable to its readers; the one writer appends behind what they see.</summary>
internal readonly struct TailLog
{
    private readonly LogEntry[] _items; // slots from _start on, _count of them, are never written again
    private readonly int _start;
    private readonly int _count;

    private TailLog(OriginatorId originator, SequenceId floor, LogEntry[] items, int start, int count, int bytes) =>
        (Originator, Floor, _items, _start, _count, Bytes) = (originator, floor, items, start, count, bytes);

    /// <summary>The log.</summary>
    public OriginatorId Originator { get; }

    /// <summary>Position after which the entries are complete.</summary>
    public SequenceId Floor { get; }

    /// <summary>Bytes of the envelopes.</summary>
    public int Bytes { get; }

    /// <summary>The entries, ascending.</summary>
    public ReadOnlySpan<LogEntry> Entries => _items.AsSpan(_start, _count);

    /// <summary>An end of a topic without entries yet.</summary>
    public static TailLog After(OriginatorId originator, SequenceId floor) => new(originator, floor, [], 0, 0, 0);

    /// <summary>Entries after a position.</summary>
    public ReadOnlySpan<LogEntry> EntriesAfter(SequenceId after)
    {
        var entries = Entries;
        var (low, high) = (0, entries.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (entries[middle].Sequence > after) high = middle;
            else low = middle + 1;
        }

        return entries[low..];
    }

    /// <summary>This end with one entry more and, beyond the limit, the oldest fewer. Only the latest value may be appended to, by one writer.</summary>
    public TailLog Append(LogEntry entry, PageLimit limit)
    {
        var (items, start) = (_items, _start);
        if (start + _count == items.Length)
        {
            // Room for as many again, so that the copying is shared by that many appends.
            (items, start) = (new LogEntry[Math.Max(4, Math.Min(_count, limit.Count) * 2)], 0);
            Entries.CopyTo(items);
        }

        items[start + _count] = entry;
        var (floor, count, bytes) = (Floor, _count + 1, Bytes + entry.Bytes.Length);
        while (count > 1 && (count > limit.Count || bytes > limit.Bytes))
        {
            var oldest = items[start++];
            (floor, count, bytes) = (oldest.Sequence, count - 1, bytes - oldest.Bytes.Length);
        }

        return new TailLog(Originator, floor, items, start, count, bytes);
    }
}
