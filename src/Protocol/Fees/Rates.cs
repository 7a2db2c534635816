namespace XmtpOrleans.Protocol.Fees;

/// <summary>Prices in effect from a time on, as the rate registry lists them (04 §8.1).</summary>
public sealed record Rates
{
    /// <summary>Picodollars for each message.</summary>
    public required long MessageFee { get; init; }

    /// <summary>Picodollars for each byte and day.</summary>
    public required long StorageFee { get; init; }

    /// <summary>Picodollars for each congestion unit (0 to 100 units).</summary>
    public required long CongestionFee { get; init; }

    /// <summary>Messages of one originator in a minute above which congestion is charged; zero never charges it.</summary>
    public required long TargetRatePerMinute { get; init; }

    /// <summary>Unix second from which they hold.</summary>
    public required long StartSeconds { get; init; }
}
