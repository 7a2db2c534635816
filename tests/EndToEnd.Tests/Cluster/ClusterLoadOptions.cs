namespace XmtpOrleans.EndToEnd.Tests.Cluster;

/// <summary>What <see cref="ClusterLoad"/> does.</summary>
internal sealed record ClusterLoadOptions
{
    /// <summary>Publishes a second to the fronts, in turn, whether or not earlier ones are answered. Default: 200.</summary>
    public int Rate { get; init; } = 200;

    /// <summary>Publishes a second through the payer gateways, in turn. Default: 20.</summary>
    public int GatewayRate { get; init; } = 20;

    /// <summary>How long the same bytes are sent again, each time to the next process, when they were not answered. Zero: never again. Default: 15 s.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Deadline of one attempt. Default: 4 s.</summary>
    public TimeSpan AttemptLimit { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>Where publishes go, and where each answer is looked up right after it: on another one than gave it.</summary>
    public required IReadOnlyList<ClusterProcess> Fronts { get; init; }

    /// <summary>Where publishes of clients go. Default: nowhere.</summary>
    public IReadOnlyList<ClusterProcess> Gateways { get; init; } = [];

    /// <summary>Who is followed by a stream that comes back to where it was. Default: nobody.</summary>
    public IReadOnlyList<ClusterProcess> Followed { get; init; } = [];

    /// <summary>Of the random choices.</summary>
    public int Seed { get; init; } = 1;
}
