namespace XmtpOrleans.Grains.Hosting;

/// <summary>Bytes that a process may hold for one purpose, whoever holds them. Any thread may call.</summary>
/// <param name="limit">Most bytes at a time.</param>
public sealed class ByteBudget(long limit)
{
    private long _taken;

    /// <summary>Bytes held now.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Whether more than half is taken: those who can do with less should.</summary>
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
