using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Chain.Local;

/// <summary>The prices a network has after deployment, for all times.</summary>
internal sealed class LocalRates : IRates
{
    /// <inheritdoc/>
    public bool TryGet(long timeNs, [NotNullWhen(true)] out Rates? rates)
    {
        rates = Rates.Default;
        return true;
    }
}
