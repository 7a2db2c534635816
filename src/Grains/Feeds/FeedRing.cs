namespace XmtpOrleans.Grains.Feeds;

/// <summary>Bounds what all streams together keep alive: beyond its limits the oldest slices lose their entries. Guarded by the hub's lock.</summary>
internal sealed class FeedRing(int maxCount, int maxBytes)
{
    private readonly Queue<FeedSlice> _slices = new();

    /// <summary>Bytes of the envelopes kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Slices kept.</summary>
    public int Count => _slices.Count;

    public void Add(FeedSlice slice)
    {
        _slices.Enqueue(slice);
        Bytes += slice.Bytes;
        while (_slices.Count > maxCount || (Bytes > maxBytes && _slices.Count > 1))
        {
            var oldest = _slices.Dequeue();
            Bytes -= oldest.Bytes;
            oldest.Drop();
        }
    }
}
