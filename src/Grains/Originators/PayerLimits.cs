using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Publish limits of payers: a token bucket each, at most <paramref name="maxPayers"/> of them. A full bucket is the same as none.</summary>
/// <param name="clock">Refills the buckets.</param>
/// <param name="perSecond">Envelopes a second that a payer may publish; zero sets no limit.</param>
/// <param name="burst">Envelopes at once after a pause.</param>
/// <param name="maxPayers">Most payers that are watched at a time; a further one is refused until one of them has paused.</param>
internal sealed class PayerLimits(TimeProvider clock, double perSecond, int burst, int maxPayers)
{
    private static readonly TimeSpan SweepPause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<EthereumAddress, (double Tokens, long At)> _buckets = [];
    private long? _sweptAt;

    /// <summary>Takes tokens for a request; <see langword="false"/> leaves the bucket as it is and says when to come again. A request larger than the
    /// burst passes when the bucket is full, and is paid off afterwards.</summary>
    public bool TryTake(EthereumAddress payer, int count, out TimeSpan retryAfter)
    {
        retryAfter = TimeSpan.Zero;
        if (perSecond <= 0 || count == 0) return true;
        var now = clock.GetTimestamp();
        var tokens = TokensOf(payer, now);
        var needed = Math.Min(count, burst);
        if (tokens < needed)
        {
            retryAfter = TimeSpan.FromSeconds((needed - tokens) / perSecond);
            return false;
        }

        if (!_buckets.ContainsKey(payer) && _buckets.Count >= maxPayers && !Sweep(now))
        {
            retryAfter = SweepPause;
            return false;
        }

        _buckets[payer] = (tokens - count, now);
        return true;
    }

    private double TokensOf(EthereumAddress payer, long now) => _buckets.TryGetValue(payer, out var bucket)
        ? Math.Min(burst, bucket.Tokens + (clock.GetElapsedTime(bucket.At, now).TotalSeconds * perSecond))
        : burst;

    private bool Sweep(long now)
    {
        if (_sweptAt is { } last && clock.GetElapsedTime(last, now) < SweepPause) return false;
        _sweptAt = now;
        foreach (var payer in _buckets.Keys)
        {
            if (TokensOf(payer, now) >= burst) _buckets.Remove(payer);
        }

        return _buckets.Count < maxPayers;
    }
}
