namespace XmtpOrleans.Protocol.Fees;

/// <summary>For how many days a payer wants an envelope kept.</summary>
public readonly record struct Retention(uint Days)
{
    private const uint FewestDays = 2;
    private const uint MostDays = 365;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long SecondsPerDay = 86_400;

    /// <summary>Kept as long as the node lives.</summary>
    public static Retention Forever => new(uint.MaxValue);

    /// <summary>Why a node does not take this retention, in the network's words; <see langword="null"/> when it does.</summary>
    public string? Refusal => Days switch
    {
        < FewestDays => "invalid expiry retention days. Must be >= 2",
        > MostDays and not uint.MaxValue => "invalid expiry retention days. Must be <= 365",
        _ => null,
    };

    /// <summary>Unix second after which an envelope of that time may be pruned; 2⁶³−1 when it is kept for ever.</summary>
    /// <remarks>The reference multiplies nanoseconds and lands centuries in the past for the longest retentions.</remarks>
    /// <param name="originatorNs">The envelope's time, nanoseconds since the Unix epoch.</param>
    public ulong ExpiryAfter(long originatorNs) =>
        this == Forever ? long.MaxValue : (ulong)Math.Max(0, (originatorNs / NanosecondsPerSecond) + (Days * SecondsPerDay));
}
