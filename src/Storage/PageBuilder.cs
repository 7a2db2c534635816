using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Storage;

/// <summary>Collects entries in the order of the read until a limit cuts the page.</summary>
internal sealed class PageBuilder(PageLimit limit)
{
    private readonly List<LogEntry> _entries = [];
    private long _bytes;

    /// <summary>How many more entries fit by count; at least one entry always does.</summary>
    public int Room => Math.Clamp(limit.Count, 1, int.MaxValue - 1) - _entries.Count;

    /// <summary>Set where a limit left something out that may follow.</summary>
    public bool More { get; set; }

    /// <summary>Whether an entry of that many bytes still fits; if not, the page is cut here.</summary>
    public bool Fits(int bytes)
    {
        if (_entries.Count == 0 || (Room > 0 && _bytes + bytes <= limit.Bytes)) return true;
        More = true;
        return false;
    }

    public void Add(LogEntry entry)
    {
        _entries.Add(entry);
        _bytes += entry.Bytes.Length;
    }

    public EntryPage Build() => _entries.Count == 0 && !More ? EntryPage.Empty : new EntryPage(_entries, More);
}
