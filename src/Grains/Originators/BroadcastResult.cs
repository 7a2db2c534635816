namespace XmtpOrleans.Grains.Originators;

/// <summary>How a broadcast ended.</summary>
public sealed record BroadcastResult
{
    /// <summary>The event, when the chain took it (now, or earlier for the same bytes within the duplicate window).</summary>
    public ChainEvent? Event { get; init; }

    /// <summary>Why the chain refused the payload, in words for the caller; <see langword="null"/> when it did not.</summary>
    public string? Refusal { get; init; }
}
