namespace XmtpOrleans.Load.Workloads;

/// <summary>What the connections of a run do.</summary>
internal sealed record CallPlan
{
    /// <summary>Path of the method.</summary>
    public required string Path { get; init; }

    /// <summary>Gives the next request and how many envelopes it carries; <see langword="false"/> when there are no more. Called from all threads.</summary>
    public required NextRequest Next { get; init; }

    /// <summary>Connections, one thread each.</summary>
    public required int Connections { get; init; }

    /// <summary>Calls in flight over all connections, when no rate is set.</summary>
    public required int InFlight { get; init; }

    /// <summary>Calls started each second over all connections, whatever the answers do; zero starts one when one ends.</summary>
    public double Rate { get; init; }

    /// <summary>Time before counting starts.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Time that counts.</summary>
    public required TimeSpan Duration { get; init; }
}

/// <summary>Gives the next request.</summary>
/// <param name="startedAt">When the call starts, or should have, in stopwatch ticks.</param>
/// <param name="message">The request message.</param>
/// <param name="envelopes">How many envelopes it carries.</param>
internal delegate bool NextRequest(long startedAt, out ReadOnlyMemory<byte> message, out int envelopes);
