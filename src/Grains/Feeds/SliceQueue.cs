using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Slices that wait for one reader, oldest first. Keeps no room while nothing waits.</summary>
internal struct SliceQueue
{
    private const int SmallLength = 4;

    private FeedSlice[]? _items;
    private int _head;

    /// <summary>Slices waiting.</summary>
    public int Count { readonly get; private set; }

    public void Enqueue(FeedSlice slice)
    {
        _items ??= new FeedSlice[SmallLength];
        if (Count == _items.Length)
        {
            var grown = new FeedSlice[Count * 2];
            for (var at = 0; at < Count; at++)
            {
                grown[at] = this[at];
            }

            (_items, _head) = (grown, 0);
        }

        _items[(_head + Count++) & (_items.Length - 1)] = slice;
    }

    /// <summary>Takes out what the reader gets next: one commit, or when at least <paramref name="mergeFrom"/> wait, as many as fit the limit.</summary>
    public SliceGroup Dequeue(int mergeFrom, PageLimit limit)
    {
        var count = CountTogether(mergeFrom, limit);
        var first = Dequeue();
        var more = count == 1 ? [] : new FeedSlice[count - 1];
        for (var at = 0; at < more.Length; at++)
        {
            more[at] = Dequeue();
        }

        if (Count == 0 && _items!.Length > SmallLength) (_items, _head) = (null, 0);
        return new SliceGroup(first, more);
    }

    private readonly FeedSlice this[int at] => _items![(_head + at) & (_items.Length - 1)];

    private FeedSlice Dequeue()
    {
        var slice = _items![_head];
        _items[_head] = null!;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return slice;
    }

    private readonly int CountTogether(int mergeFrom, PageLimit limit)
    {
        var (first, commits) = (0, 0); // slices of the first commit; commits seen
        var (whole, entries, bytes) = (0, 0, 0); // slices of whole commits within the limit
        for (var at = 0; at < Count; at++)
        {
            if (at > 0 && this[at].Batch != this[at - 1].Batch)
            {
                (first, commits, whole) = (commits == 0 ? at : first, commits + 1, at);
                if (entries >= limit.Count || bytes >= limit.Bytes) return commits < mergeFrom ? first : whole;
            }

            entries += this[at].Entries?.Count ?? 0;
            bytes += this[at].Bytes;
        }

        if (commits == 0) return Count;
        return commits + 1 < mergeFrom ? first : Count;
    }
}
