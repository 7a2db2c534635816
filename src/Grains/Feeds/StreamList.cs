namespace XmtpOrleans.Grains.Feeds;

/// <summary>Streams that get the same slices. Most hold one, some thousands. Guarded by the hub's lock.</summary>
internal sealed class StreamList
{
    private FeedStream[] _streams = [];
    private int _count;

    public int Count => _count;

    public ReadOnlySpan<FeedStream> AsSpan() => _streams.AsSpan(0, _count);

    public void Add(FeedStream stream)
    {
        if (_count == _streams.Length) Array.Resize(ref _streams, _count == 0 ? 1 : _count * 2);
        _streams[_count++] = stream;
    }

    public void Remove(FeedStream stream)
    {
        var at = Array.IndexOf(_streams, stream, 0, _count);
        if (at < 0) return;
        _streams[at] = _streams[--_count];
        _streams[_count] = null!;
        if (_count <= _streams.Length / 4) Array.Resize(ref _streams, _count * 2);
    }
}
