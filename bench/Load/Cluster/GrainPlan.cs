namespace XmtpOrleans.Load.Cluster;

/// <summary>What a run does with grains.</summary>
internal sealed record GrainPlan
{
    /// <summary>Makes a call; gets its number, ascending from zero over all callers, and returns 0 or a status that counts as a failure.</summary>
    public required Func<long, ValueTask<int>> CallAsync { get; init; }

    /// <summary>How many things a call does.</summary>
    public int PerCall { get; init; } = 1;

    /// <summary>Calls in flight; each caller makes its next when its last was answered.</summary>
    public required int InFlight { get; init; }

    /// <summary>Time before counting.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Time that counts.</summary>
    public required TimeSpan Duration { get; init; }
}
