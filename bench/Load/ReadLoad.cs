using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.Load;

/// <summary>A unary read.</summary>
/// <param name="Name">Which.</param>
/// <param name="Limit">Limit of a query.</param>
/// <param name="Zipf">Exponent of the topics' popularity.</param>
/// <param name="Rate">Calls each second; zero is a closed loop.</param>
/// <param name="FromStart">Whether queries start at the beginning of each topic, which only the store has, instead of its last few entries.</param>
internal sealed record ReadLoad(string Name, uint Limit, double Zipf, double Rate, bool FromStart)
{
    /// <summary>Reads, reports.</summary>
    public static Task<int> RunAsync(LoadTarget target, ReadLoad load, string command)
    {
        var (path, request) = Reads.Of(load.Name, load.Limit, load.FromStart ? null : Recent(target, load.Limit));
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
            var result = CallRun.Execute(target.Node, plan, target.Processors, (at, calls) =>
                progress($"run {index + 1}: {calls / Math.Max(at, 0.1):N0} calls/s", at / total));
            return LoadSession.Record($"{load.Name}, {target.Topics} topics", "calls", result, result.CallsPerSecond);
        });
    }

    // So far back that each topic has about as many entries after it as a query may return, when all topics get their share.
    private static Cursor Recent(LoadTarget target, uint limit)
    {
        var marks = GetSyncCursorResponse.Parser.ParseFrom(
            UnaryCall.Execute(target.Node, "/xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor", [])).LatestSync;
        var mark = marks.NodeIdToSequenceId.GetValueOrDefault(target.NodeId.Value);
        marks.NodeIdToSequenceId[target.NodeId.Value] = mark - Math.Min(mark, (ulong)target.Topics * limit);
        return marks;
    }
}
