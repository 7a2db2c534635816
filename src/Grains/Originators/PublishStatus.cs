namespace XmtpOrleans.Grains.Originators;

/// <summary>How a publish ended.</summary>
public enum PublishStatus
{
    /// <summary>Stored and flushed; the envelopes are the stored bytes.</summary>
    Accepted = 0,

    /// <summary>Nothing is known to be stored: a queue is full, the store is away or another activation took over. Worth retrying.</summary>
    Unavailable = 1,

    /// <summary>The payer publishes faster than its limit allows. Worth retrying later.</summary>
    PayerLimited = 2,

    /// <summary>No rates are in effect for this time, so nothing can be priced. Worth retrying.</summary>
    RatesUnavailable = 3,

    /// <summary>A fee does not fit its field: the envelope is too large for so long a retention.</summary>
    FeeOverflow = 4,

    /// <summary>The clock is outside the allowed range, and publishing stopped until it is right or the operator overrides (invariant I6).</summary>
    ClockOutOfRange = 5,

    /// <summary>The node failed on what was committed together, which perhaps this request is to blame for. Nothing is known to be stored.</summary>
    Failed = 6,
}
