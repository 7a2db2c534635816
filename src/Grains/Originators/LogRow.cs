using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Grains.Originators;

/// <summary>One envelope to be stored, with what only the store keeps of it.</summary>
public sealed class LogRow
{
    /// <summary>What readers get.</summary>
    public required LogEntry Entry { get; init; }

    /// <summary>Who pays; <see langword="null"/> for chain envelopes.</summary>
    public EthereumAddress? Payer { get; init; }

    /// <summary>Keyed fingerprint of (payer, client envelope), for the duplicate window; zero for chain envelopes.</summary>
    public long Fingerprint { get; init; }

    /// <summary>Base plus congestion fee in picodollars, added to the payer's unsettled usage in the same commit when <see cref="CountsUsage"/>.</summary>
    public long FeePicodollars { get; init; }

    /// <summary>Whether the payer's usage counts it (04 §8.2).</summary>
    public bool CountsUsage { get; init; }

    /// <summary>Whether the originator's congestion of that minute counts it (04 §8.2).</summary>
    public bool CountsCongestion { get; init; }
}
