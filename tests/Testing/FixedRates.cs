using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Testing;

/// <summary>Rates that hold at any time; <see langword="null"/> for a network that has none.</summary>
public sealed class FixedRates(Rates? rates) : IRates
{
    /// <summary>The rates of a network after deployment.</summary>
    public FixedRates()
        : this(Rates.Default)
    {
    }

    /// <summary>The rates; a test may change them.</summary>
    public Rates? Current { get; set; } = rates;

    /// <inheritdoc/>
    public bool TryGet(long timeNs, [NotNullWhen(true)] out Rates? rates)
    {
        rates = Current;
        return rates is not null;
    }
}
