using System.Collections;
using System.Runtime.CompilerServices;
using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Entries that are handed out together. Streams that get the same entries get the same object, so that what one of them
/// makes of it (an encoded frame) serves the others too. Immutable but for what is attached.</summary>
[CollectionBuilder(typeof(FeedEntries), nameof(Create))]
public sealed class FeedEntries : IReadOnlyList<LogEntry>
{
    private readonly LogEntry[] _entries;
    private object? _attached;

    internal FeedEntries(LogEntry[] entries) => _entries = entries;

    /// <summary>No entries.</summary>
    public static FeedEntries Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _entries.Length;

    /// <inheritdoc/>
    public LogEntry this[int index] => _entries[index];

    /// <summary>Copies entries into a new object.</summary>
    public static FeedEntries Create(ReadOnlySpan<LogEntry> entries) => entries.IsEmpty ? Empty : new FeedEntries(entries.ToArray());

    /// <summary>The entries.</summary>
    public ReadOnlySpan<LogEntry> AsSpan() => _entries;

    /// <summary>What <paramref name="make"/> makes of these entries, made once for all streams that got this object (now and then twice, by
    /// two of them at the same moment). There is room for one type: another type's attachment is replaced.</summary>
    public T Attached<T>(Func<FeedEntries, T> make)
        where T : class
    {
        if (Volatile.Read(ref _attached) is T attached) return attached;
        var made = make(this);
        Volatile.Write(ref _attached, made);
        return made;
    }

    /// <inheritdoc/>
    public IEnumerator<LogEntry> GetEnumerator() => _entries.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();
}
