namespace XmtpOrleans.Grains.Feeds;

/// <summary>What the streams of a process hold for themselves alone until their readers took it: pages of history, and commits put together.
/// A reader that takes nothing keeps it for as long as its stream lives, so that it is limited for all together.</summary>
internal sealed class HeldBytes(long limit)
{
    /// <summary>Bytes of envelopes that any stream may hold without being counted.</summary>
    public const int Uncounted = 8 * 1024;

    private long _taken;

    /// <summary>Bytes held now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Whether streams have to do with little.</summary>
    public bool IsScarce => Taken > limit / 2;

    /// <summary>Takes bytes; <see langword="false"/>, and nothing is taken, when there are not so many.</summary>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) <= limit) return true;
        Give(bytes);
        return false;
    }

    /// <summary>Gives bytes back.</summary>
    public void Give(long bytes) => Interlocked.Add(ref _taken, -bytes);
}
