using System.Diagnostics;
using Google.Protobuf;
using Xmtp.Xmtpv4.MessageApi;
using Xmtp.Xmtpv4.MetadataApi;
using XmtpOrleans.Load.Reports;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.Load;

/// <summary>Streams of one topic each, all topics in turn, while messages are published at a rate: one topic shows fan-out, many show latency.</summary>
/// <param name="Streams">How many.</param>
/// <param name="PerConnection">How many on a connection.</param>
/// <param name="Rate">Messages published each second.</param>
/// <param name="Size">Bytes of MLS message.</param>
internal sealed record StreamLoad(int Streams, int PerConnection, double Rate, int Size)
{
    private const string PublishPath = "/xmtp.xmtpv4.message_api.ReplicationApi/PublishPayerEnvelopes";
    private const string StreamPath = "/xmtp.xmtpv4.message_api.ReplicationApi/SubscribeTopics";
    private const string MarksPath = "/xmtp.xmtpv4.metadata_api.MetadataApi/GetSyncCursor";
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    /// <summary>Opens the streams, publishes, reports deliveries and the time from the intended publish to each arrival.</summary>
    public static Task<int> RunAsync(LoadTarget target, StreamLoad load, string command)
    {
        if (load.Rate <= 0) throw new LoadException("stream: give the rate of messages with --rate");
        return LoadSession.RunAsync(target, "stream", command, "deliveries", (index, progress) => Run(target, load, index, progress));
    }

    private static RunRecord Run(LoadTarget target, StreamLoad load, int index, Action<string, double> progress)
    {
        var seconds = (target.WarmUp + target.Duration).TotalSeconds;
        var count = (int)Math.Ceiling((seconds + 1) * load.Rate);
        var messages = new GroupMessages(LoadKey.Payer, target.NodeId, target.Topics, load.Size, LoadKey.NewRun());
        progress($"run {index + 1}: signing", 0);
        var requests = messages.Requests(count, batch: 1, progress: null);
        var startedAt = new long[count];
        var (countFrom, countTo) = ((int)(target.WarmUp.TotalSeconds * load.Rate), (int)(seconds * load.Rate));
        var drivers = Enumerable.Range(0, (load.Streams + load.PerConnection - 1) / load.PerConnection)
            .Select(_ => new Arrivals(startedAt, countFrom, countTo, (int)target.Duration.TotalSeconds)).ToList();
        var marks = GetSyncCursorResponse.Parser.ParseFrom(UnaryCall.Execute(target.Nodes[0], MarksPath, [])).LatestSync;
        var streams = drivers.Select((arrivals, at) =>
        {
            var from = at * load.PerConnection;
            var to = Math.Min(load.Streams, from + load.PerConnection);
            var requestsOf = Enumerable.Range(from, to - from).Select(stream => Request(stream % target.Topics, marks)).ToList();
            return new StreamDriver(target.Nodes[at % target.Nodes.Count], StreamPath, requestsOf, arrivals.Arrived);
        }).ToList();
        try
        {
            WaitUntilOpen(streams, load.Streams);
            var next = -1;
            var plan = new CallPlan
            {
                Path = PublishPath,
                Connections = Math.Min(target.Connections, 2),
                InFlight = target.InFlight,
                Rate = load.Rate,
                WarmUp = target.WarmUp,
                Duration = target.Duration,
                Next = (long started, out ReadOnlyMemory<byte> message, out int envelopes) =>
                {
                    var at = Interlocked.Increment(ref next);
                    (message, envelopes) = (default, 1);
                    if (at >= count) return false;
                    Volatile.Write(ref startedAt[at], started);
                    message = requests[at];
                    return true;
                },
            };
            var result = CallRun.Execute(target.Nodes, plan, target.Processors, (at, published) =>
                progress($"run {index + 1}: {drivers.Sum(driver => driver.Total) / Math.Max(at, 0.1):N0} deliveries/s", at / seconds));
            Thread.Sleep(Settle);
            return Record(target, load, index, drivers, result, countTo - countFrom, streams.Sum(stream => stream.Ended));
        }
        finally
        {
            streams.ForEach(stream => stream.Dispose());
        }
    }

    private static RunRecord Record(
        LoadTarget target, StreamLoad load, int index, List<Arrivals> drivers, CallResult result, int published, int ended)
    {
        var latency = new Histogram();
        drivers.ForEach(driver => latency.Add(driver.Latency));
        var deliveries = drivers.Sum(driver => driver.Counted);
        var streamsOfTopic = (double)load.Streams / target.Topics;
        var missing = streamsOfTopic >= 1 && load.Streams % target.Topics == 0 ? (long)(published * streamsOfTopic) - deliveries : 0;
        return LoadSession.Record($"run {index + 1}: {load.Streams} streams, {target.Topics} topics", "deliveries", result, deliveries / result.Seconds) with
        {
            LatencyMs = LoadSession.LatencyOf(latency),
            Curve = LoadSession.CurveOf(latency),
            Failures = Math.Max(0, missing) + ended + result.Failures.Values.Sum(),
            Timeline = [.. Enumerable.Range(0, (int)target.Duration.TotalSeconds).Select(second => drivers.Sum(driver => driver.Timeline[second]))],
        };
    }

    private static void WaitUntilOpen(List<StreamDriver> streams, int expected)
    {
        var since = Stopwatch.GetTimestamp();
        while (streams.Sum(stream => stream.Started) < expected)
        {
            if (streams.Find(stream => stream.Fault is not null) is { Fault: { } fault }) throw new IOException("a stream connection failed", fault);
            if (Stopwatch.GetElapsedTime(since) > OpenLimit)
            {
                throw new TimeoutException($"{streams.Sum(stream => stream.Started)} of {expected} streams opened within {OpenLimit.TotalSeconds} s");
            }

            Thread.Sleep(20);
        }
    }

    // From the marks of now on, so that a run replays nothing that earlier runs stored.
    private static byte[] Request(int group, Xmtp.Xmtpv4.Envelopes.Cursor marks) => new SubscribeTopicsRequest
    {
        Filters = { new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(GroupMessages.Topic(group)), LastSeen = marks } },
    }.ToByteArray();

    /// <summary>What one connection's streams received. Its connection's thread is the only writer.</summary>
    private sealed class Arrivals(long[] startedAt, int countFrom, int countTo, int seconds)
    {
        private long _origin;

        public Histogram Latency { get; } = new();

        public long[] Timeline { get; } = new long[seconds + 1];

        public long Counted { get; private set; }

        public long Total { get; private set; }

        public void Arrived(ulong number)
        {
            Total++;
            if (number >= (ulong)startedAt.Length) return;
            var started = Volatile.Read(ref startedAt[number]);
            if (started == 0 || (int)number < countFrom || (int)number >= countTo) return; // history of an earlier run, or not counted
            var now = Stopwatch.GetTimestamp();
            if (_origin == 0) _origin = now;
            Counted++;
            Latency.Add((now - started) * 1_000_000 / Stopwatch.Frequency);
            Timeline[Math.Min(seconds, (int)((now - _origin) / Stopwatch.Frequency))]++;
        }
    }
}
