using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Protocol.Fees;

/// <summary>All rates there have been, and the ones announced; immutable, replaced as a whole by each refresh.</summary>
public sealed class RateSchedule
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly Rates[] _rates; // ascending by start
    private readonly DateTimeOffset _refreshedAt;
    private readonly TimeSpan _maxAge;

    private RateSchedule(Rates[] rates, DateTimeOffset refreshedAt, TimeSpan maxAge)
    {
        _rates = rates;
        _refreshedAt = refreshedAt;
        _maxAge = maxAge;
    }

    /// <summary>Rates that nobody can change, so that they never grow old.</summary>
    public static RateSchedule Fixed(Rates rates) => new([rates], DateTimeOffset.MaxValue, TimeSpan.MaxValue);

    /// <summary>Takes over what the rate registry lists; <paramref name="refusal"/> says what is wrong with the list.</summary>
    /// <param name="rates">The list, ascending by start.</param>
    /// <param name="refreshedAt">When the registry was asked.</param>
    /// <param name="maxAge">How long the list is trusted without a further refresh.</param>
    /// <param name="schedule">The schedule.</param>
    /// <param name="refusal">Why the list is none.</param>
    public static bool TryCreate(
        IReadOnlyList<Rates> rates,
        DateTimeOffset refreshedAt,
        TimeSpan maxAge,
        [NotNullWhen(true)] out RateSchedule? schedule,
        [NotNullWhen(false)] out string? refusal)
    {
        refusal = rates.Count == 0 ? "no rates found" : null;
        for (var index = 1; index < rates.Count && refusal is null; index++)
        {
            refusal = rates[index].StartSeconds.CompareTo(rates[index - 1].StartSeconds) switch
            {
                0 => "duplicate rate start time",
                < 0 => "rates are not sorted",
                _ => null,
            };
        }

        schedule = refusal is null ? new RateSchedule([.. rates], refreshedAt, maxAge) : null;
        return refusal is null;
    }

    /// <summary>The rates for an envelope of that time; <paramref name="refusal"/> says why there are none.</summary>
    /// <param name="originatorNs">The envelope's time, nanoseconds since the Unix epoch.</param>
    /// <param name="now">The present, to judge the age of the schedule by.</param>
    /// <param name="rates">The rates with the greatest start that is not after the envelope.</param>
    /// <param name="refusal">Why there are none.</param>
    public bool TryFind(
        long originatorNs, DateTimeOffset now, [NotNullWhen(true)] out Rates? rates, [NotNullWhen(false)] out string? refusal)
    {
        rates = null;
        refusal = null;
        if (now - _refreshedAt > _maxAge)
        {
            refusal = "last rates refresh was too long ago";
            return false;
        }

        var second = Math.DivRem(originatorNs, NanosecondsPerSecond) is var (quotient, rest) && rest < 0 ? quotient - 1 : quotient;
        rates = Array.FindLast(_rates, candidate => candidate.StartSeconds <= second);
        refusal = rates is null ? "timestamp is before the oldest rate" : null;
        return rates is not null;
    }
}
