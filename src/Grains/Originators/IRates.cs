using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The network's prices.</summary>
public interface IRates
{
    /// <summary>The rates in effect at a time (nanoseconds since the Unix epoch); <see langword="false"/> when none are known for it.</summary>
    bool TryGet(long timeNs, [NotNullWhen(true)] out Rates? rates);
}
