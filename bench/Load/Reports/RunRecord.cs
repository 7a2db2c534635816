namespace XmtpOrleans.Load.Reports;

/// <summary>One line of a report, and what its plots need.</summary>
internal sealed record RunRecord
{
    /// <summary>What was run.</summary>
    public required string Name { get; init; }

    /// <summary>Things done each second (envelopes, calls or deliveries, see <see cref="Unit"/>).</summary>
    public required double PerSecond { get; init; }

    /// <summary>What is counted.</summary>
    public required string Unit { get; init; }

    /// <summary>Latencies in milliseconds at 50, 90, 99 and 99.9 %, and the greatest.</summary>
    public required double[] LatencyMs { get; init; }

    /// <summary>What did not succeed.</summary>
    public required long Failures { get; init; }

    /// <summary>Share of one core that the generator used; above one core it is probably the limit.</summary>
    public required double GeneratorCores { get; init; }

    /// <summary>Cores that the watched server processes used; zero when none were watched.</summary>
    public required double ServerCores { get; init; }

    /// <summary>Cores that the database server used; zero when none was named.</summary>
    public required double DatabaseCores { get; init; }

    /// <summary>Processor time of the watched server processes for each thing done, in microseconds.</summary>
    public double ServerMicroseconds => PerSecond > 0 ? ServerCores * 1_000_000 / PerSecond : 0;

    /// <summary>What was done in each second.</summary>
    public required IReadOnlyList<long> Timeline { get; init; }

    /// <summary>Shares and values in milliseconds of the latency curve.</summary>
    public required IReadOnlyList<(double Share, double Ms)> Curve { get; init; }
}
