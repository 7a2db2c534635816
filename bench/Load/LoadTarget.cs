using System.Net;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Load;

/// <summary>What every load command needs to know.</summary>
internal sealed record LoadTarget
{
    /// <summary>Where the node listens: addresses of this machine, which get connections in turn.</summary>
    public required IReadOnlyList<IPEndPoint> Nodes { get; init; }

    /// <summary>The node's originator id.</summary>
    public required OriginatorId NodeId { get; init; }

    /// <summary>Connections to open.</summary>
    public required int Connections { get; init; }

    /// <summary>Calls in flight over all connections.</summary>
    public required int InFlight { get; init; }

    /// <summary>How many groups the load is spread over.</summary>
    public required int Topics { get; init; }

    /// <summary>Time before counting.</summary>
    public required TimeSpan WarmUp { get; init; }

    /// <summary>Time that counts, of each run.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>How often to repeat; the median run is the one to quote.</summary>
    public required int Runs { get; init; }

    /// <summary>Whose processor time to report beside the generator's own.</summary>
    public required ProcessorTime Processors { get; init; }

    /// <summary>Folder for JSON and HTML; empty writes none.</summary>
    public required string Output { get; init; }
}
