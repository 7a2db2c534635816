using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Originators;

/// <summary>
/// Keeps what a payer can spend in one minute below what a usage row can hold. Retention "for ever" costs so much that ten thousand such
/// messages would overflow the row, and the commit that does fails for everybody.
/// </summary>
internal sealed class MinuteSpend
{
    /// <summary>Most picodollars of one payer in a minute: a 32nd of what a row holds, as every activation counts from zero.</summary>
    public const long Most = long.MaxValue / 32;

    /// <summary>Below this no rate of publishing reaches <see cref="Most"/> within a minute.</summary>
    private const long Harmless = Most / 4_000_000;

    private const int MostPayers = 100_000;

    private readonly Dictionary<EthereumAddress, long> _spent = [];
    private long _minute;

    /// <summary>Whether what a request may cost is not too much for this minute.</summary>
    public bool HasRoom(EthereumAddress payer, long minute, int count, Int128 picodollars)
    {
        if (IsHarmless(count, picodollars)) return true;
        if (minute != _minute) return picodollars <= Most;
        return _spent.TryGetValue(payer, out var spent) ? picodollars + spent <= Most : picodollars <= Most && _spent.Count < MostPayers;
    }

    /// <summary>Adds what a request may cost, which <see cref="HasRoom"/> was asked about.</summary>
    public void Add(EthereumAddress payer, long minute, int count, Int128 picodollars)
    {
        if (IsHarmless(count, picodollars)) return;
        if (minute != _minute)
        {
            _spent.Clear();
            _minute = minute;
        }

        _spent[payer] = (long)(picodollars + _spent.GetValueOrDefault(payer));
    }

    private static bool IsHarmless(int count, Int128 picodollars) => picodollars <= (Int128)Harmless * count;
}
