using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Topics;

/// <summary>Makes one page of pages of different topics that were read after the same cursor and up to the same marks.</summary>
internal sealed class PageMerge(PageLimit limit)
{
    private readonly List<LogEntry> _entries = [];
    private LogEntry? _boundary; // the lowest last entry of a page that was cut
    private bool _more;

    public void Add(EntryPage page)
    {
        _entries.AddRange(page.Entries);
        if (!page.More || page.Entries is not [.., var last]) return;
        // Behind it entries of the cut page may be missing: a reader that got later ones of the log would never ask for them.
        _more = true;
        if (_boundary is null || Compare(last, _boundary) < 0) _boundary = last;
    }

    public EntryPage ToPage()
    {
        if (_entries.Count == 0) return EntryPage.Empty;
        _entries.Sort(Compare);
        var (count, bytes) = (0, 0L);
        foreach (var entry in _entries)
        {
            bytes += entry.Bytes.Length;
            if (count > 0 && (count >= limit.Count || bytes > limit.Bytes)) break;
            if (_boundary is not null && Compare(entry, _boundary) > 0) break;
            count++;
        }

        _more |= count < _entries.Count;
        _entries.RemoveRange(count, _entries.Count - count);
        return new EntryPage(_entries, _more);
    }

    private static int Compare(LogEntry left, LogEntry right) => (left.Originator, left.Sequence).CompareTo((right.Originator, right.Sequence));
}
