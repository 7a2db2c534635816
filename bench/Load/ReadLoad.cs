using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.Load;

/// <summary>A unary read.</summary>
/// <param name="Name">Which.</param>
/// <param name="Limit">Limit of a query.</param>
/// <param name="Zipf">Exponent of the topics' popularity.</param>
/// <param name="Rate">Calls each second; zero is a closed loop.</param>
/// <param name="Skewed">Whether the store was filled with the skew of a real network.</param>
/// <param name="FromStart">Whether queries start at the beginning of each topic, which only the store has, instead of its last few entries.</param>
internal sealed record ReadLoad(string Name, uint Limit, double Zipf, double Rate, bool Skewed, bool FromStart)
{
    /// <summary>Reads, reports.</summary>
    public static Task<int> RunAsync(LoadTarget target, ReadLoad load, string command)
    {
        var (path, request) = Reads.Of(load.Name, load.Limit, load.StartOf(target), target.NodeId);
        var plan = new CallPlan
        {
            Path = path,
            Next = Reads.Series(request, target.Topics, load.Zipf),
            Connections = target.Connections,
            InFlight = target.InFlight,
            Rate = load.Rate,
            WarmUp = target.WarmUp,
            Duration = target.Duration,
        };
        var total = (target.WarmUp + target.Duration).TotalSeconds;
        return LoadSession.RunAsync(target, load.Name, command, "calls", (index, progress) =>
        {
            var result = CallRun.Execute(target.Nodes, plan, target.Processors, (at, calls) =>
                progress($"run {index + 1}: {calls / Math.Max(at, 0.1):N0} calls/s", at / total));
            return LoadSession.Record($"{load.Name}, {target.Topics} topics", "calls", result, result.CallsPerSecond);
        });
    }

    // Where a query of a topic or of a place in the log starts.
    private Func<int, Cursor?> StartOf(LoadTarget target)
    {
        if (FromStart || Name is "newest" or "inbox-ids" or "marks") return _ => null;
        var marks = GetSyncCursorResponse.Parser.ParseFrom(
            UnaryCall.Execute(target.Nodes[0], "/xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor", [])).LatestSync;
        var mark = marks.NodeIdToSequenceId.GetValueOrDefault(target.NodeId.Value);
        if (Name == "log") return place => At(mark / (ulong)target.Topics * (ulong)place);

        // So far back that the topic has about as many entries after it as a query may return, when it gets its share.
        var shares = Skewed ? new ZipfPicks(Skew.Topics, Skew.Zipf) : new ZipfPicks(target.Topics, exponent: 0);
        return group => At(mark - Math.Min(mark, (ulong)(Limit / shares.ShareOf(group))));

        Cursor At(ulong position) => new(marks) { NodeIdToSequenceId = { [target.NodeId.Value] = position } };
    }
}
