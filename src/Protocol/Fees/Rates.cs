namespace XmtpOrleans.Protocol.Fees;

/// <summary>Prices in effect from a time on, as the rate registry lists them (04 §8.1).</summary>
public sealed record Rates
{
    /// <summary>What a network has after deployment (04 §1.3), from the beginning of time.</summary>
    public static Rates Default { get; } = new()
    {
        MessageFee = new PicoDollars(100),
        StorageFee = new PicoDollars(200),
        CongestionFee = new PicoDollars(300),
        TargetRatePerMinute = 6_000,
        StartSeconds = 0,
    };

    /// <summary>Charged for every message.</summary>
    public required PicoDollars MessageFee { get; init; }

    /// <summary>Charged for every byte and day of storage.</summary>
    public required PicoDollars StorageFee { get; init; }

    /// <summary>Charged for every unit of congestion, of which there are at most 100.</summary>
    public required PicoDollars CongestionFee { get; init; }

    /// <summary>Messages of one originator in a minute up to which nothing is congested; 0 switches the congestion fee off.</summary>
    public required long TargetRatePerMinute { get; init; }

    /// <summary>First Unix second these rates are for.</summary>
    public required long StartSeconds { get; init; }
}
