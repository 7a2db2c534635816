using System.Buffers;
using System.Globalization;

namespace XmtpOrleans.Silo.Configuration;

/// <summary>Times as the reference's options are written: <c>30s</c>, <c>5m</c>, <c>1h30m</c>, <c>50ms</c>.</summary>
internal static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    // A longer unit stands before those that begin as it does.
    private static readonly (string Unit, TimeSpan Length)[] Units =
    [
        ("h", TimeSpan.FromHours(1)),
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("us", TimeSpan.FromMicroseconds(1)),
    ];

    /// <summary>Reads one; <see langword="false"/> for anything else, and for negative times, which none of the options takes.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0") return true;
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits is <= 0 or > 12 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)) return false;
            rest = rest[digits..];
            var isUnit = false;
            foreach (var (unit, length) in Units)
            {
                if (!rest.StartsWith(unit, StringComparison.Ordinal)) continue;
                if (count > TimeSpan.FromDays(10_000) / length) return false;
                duration += count * length;
                rest = rest[unit.Length..];
                isUnit = true;
                break;
            }

            if (!isUnit) return false;
        }

        return text.Length > 0;
    }
}
