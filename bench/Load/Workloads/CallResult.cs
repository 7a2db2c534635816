namespace XmtpOrleans.Load.Workloads;

/// <summary>What one run measured.</summary>
internal sealed record CallResult
{
    /// <summary>Seconds counted.</summary>
    public required double Seconds { get; init; }

    /// <summary>Calls answered OK.</summary>
    public required long Calls { get; init; }

    /// <summary>Envelopes those calls carried.</summary>
    public required long Envelopes { get; init; }

    /// <summary>Calls by status when it was not OK; −1 is a broken stream.</summary>
    public required IReadOnlyDictionary<int, long> Failures { get; init; }

    /// <summary>Latencies of calls; with a rate from the intended start.</summary>
    public required Histogram Latency { get; init; }

    /// <summary>Envelopes (or calls) in each second, warm-up left out.</summary>
    public required IReadOnlyList<long> Timeline { get; init; }

    /// <summary>Processor seconds used while it counted.</summary>
    public required ProcessorSeconds Processors { get; init; }

    /// <summary>Calls each second.</summary>
    public double CallsPerSecond => Calls / Seconds;

    /// <summary>Envelopes each second.</summary>
    public double EnvelopesPerSecond => Envelopes / Seconds;
}
