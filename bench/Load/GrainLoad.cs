using System.Collections;
using Google.Protobuf;
using Spectre.Console;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Load.Cluster;
using XmtpOrleans.Load.Reports;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Load;

/// <summary>The grains of a running cluster, called directly as a client of its silos, and beside each figure the RPC that uses them.</summary>
/// <param name="Parts">Which of <see cref="AllParts"/>; none is all.</param>
/// <param name="Config">File with the settings of a front, or <see langword="null"/>.</param>
/// <param name="Settings">Settings of a front by name.</param>
/// <param name="Publish">The publishes, and their RPC.</param>
internal sealed record GrainLoad(string[] Parts, string? Config, IReadOnlyDictionary<string, string?> Settings, PublishLoad Publish)
{
    private const int FirstFreshTopic = 1 << 24;

    /// <summary>What can be measured, in the order in which it is: later parts read what the first one stored.</summary>
    public static IReadOnlyList<string> AllParts { get; } = ["append", "hot", "cold", "activate"];

    /// <summary>Connects, runs each part on grains and over RPC, reports all in one table.</summary>
    public static async Task<int> RunAsync(LoadTarget target, GrainLoad load, string command)
    {
        await using var client = await GrainClient.ConnectAsync(target.NodeId, load.Config, load.Settings, OfProcess());
        var records = new List<RunRecord>();
        foreach (var part in AllParts.Where(part => load.Parts.Length == 0 || load.Parts.Contains(part)))
        {
            records.AddRange(await LoadSession.RepeatAsync(target, (_, progress) => load.OnGrains(target, client, part, progress)));
            records.AddRange(await LoadSession.RepeatAsync(target, (index, progress) => load.OverRpc(target, part, index, progress)));
        }

        Report.Print(records);
        foreach (var repeated in records.GroupBy(static record => record.Name))
        {
            AnsiConsole.MarkupLineInterpolated($"[bold]{repeated.Key}: {LoadSession.MedianOf([.. repeated]).PerSecond:N0} {repeated.First().Unit}/s[/]");
        }

        if (target.Output.Length > 0) await Report.WriteAsync(target.Output, "grains", command, records);
        return records.Exists(static record => record.Failures > 0) ? 1 : 0;
    }

    private RunRecord OnGrains(LoadTarget target, GrainClient client, string part, Action<string, double> progress)
    {
        var seconds = (target.WarmUp + target.Duration).TotalSeconds;
        var (name, unit) = TitleOf(part, target);
        var plan = new GrainPlan
        {
            CallAsync = part == "append" ? AppendsOf(target, client, seconds, progress) : ReadsOf(target, client, part),
            PerCall = part == "append" ? Publish.Batch : 1,
            InFlight = target.InFlight,
            WarmUp = target.WarmUp,
            Duration = target.Duration,
        };
        GC.Collect(); // what signing left behind must not be collected while the clock runs
        var result = GrainRun.Execute(plan, target.Processors, (at, total) => progress($"{name}, grains: {total / Math.Max(at, 0.1):N0} {unit}/s", at / seconds));
        return LoadSession.Record($"{name}: grains", unit, result, result.EnvelopesPerSecond);
    }

    private RunRecord OverRpc(LoadTarget target, string part, int index, Action<string, double> progress)
    {
        var (name, unit) = TitleOf(part, target);
        if (part == "append") return PublishLoad.Run(target, Publish, index, progress) with { Name = $"{name}: RPC" };
        var (path, request) = Reads.Of("newest", limit: 1, static _ => null, target.NodeId);
        var seconds = (target.WarmUp + target.Duration).TotalSeconds;
        var result = CallRun.Execute(
            target.Nodes,
            new CallPlan
            {
                Path = path,
                Next = part == "activate" ? Twice() : Reads.Series(request, part == "hot" ? 1 : target.Topics, exponent: 0),
                Connections = target.Connections,
                InFlight = target.InFlight,
                WarmUp = target.WarmUp,
                Duration = target.Duration,
            },
            target.Processors,
            (at, total) => progress($"{name}, RPC: {total / Math.Max(at, 0.1):N0} calls/s", at / seconds));
        return LoadSession.Record($"{name}: RPC", unit, result, result.EnvelopesPerSecond);
    }

    private static (string Name, string Unit) TitleOf(string part, LoadTarget target) => part switch
    {
        "append" => ("append", "envelopes"),
        "hot" => ("hot key, 1 topic", "calls"),
        "cold" => ($"cold keys, {target.Topics} topics in turn", "calls"),
        _ => ("activation, a new topic each", "activations"),
    };

    // Signed and checked beforehand, as a front would have done.
    private Func<long, ValueTask<int>> AppendsOf(LoadTarget target, GrainClient client, double seconds, Action<string, double> progress)
    {
        var messages = new GroupMessages(LoadKey.Payer, target.NodeId, target.Topics, Publish.Size, LoadKey.NewRun());
        var batches = new PublishBatch[(int)Math.Ceiling((seconds + 1) * Publish.Expected / Publish.Batch)];
        var done = 0;
        Parallel.For(0, batches.Length, index =>
        {
            batches[index] = new PublishBatch
            {
                Requests =
                [
                    new PublishRequest
                    {
                        Payer = LoadKey.Payer.Address,
                        Entries = [.. Enumerable.Range(index * Publish.Batch, Publish.Batch).Select(number => EntryOf(messages, number % target.Topics, (ulong)number))],
                    },
                ],
            };
            if ((Interlocked.Increment(ref done) & 0x3FF) == 0) progress("append, grains: signing", (double)done / batches.Length);
        });
        var sequencer = client.Grains.SequencerOf(target.NodeId);
        return async number =>
        {
            if (number >= batches.Length) throw new LoadException("all signed requests were used up: raise --expect");
            var reply = await sequencer.AppendAsync(batches[number]);
            return (int)reply.Outcomes[0].Status;
        };
    }

    private static PublishEntry EntryOf(GroupMessages messages, int group, ulong number) =>
        ParsedPayerEnvelope.TryParse(messages.PayerEnvelope(group, number), out var parsed, out var refusal)
            ? PublishEntry.Of(parsed)
            : throw new LoadException(refusal);

    // With the marks of the beginning: a front reads them anew for its reads, which the RPC beside this shows.
    private static Func<long, ValueTask<int>> ReadsOf(LoadTarget target, GrainClient client, string part)
    {
        var query = new TopicQuery
        {
            Marks = client.Store.ReadMarksAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult(),
            NowSeconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds(),
        };
        if (part == "activate")
        {
            var first = Random.Shared.Next(FirstFreshTopic, int.MaxValue / 2);
            return number => AskAsync(GrainOf(client, (int)(first + number)), query);
        }

        var topics = Enumerable.Range(0, part == "hot" ? 1 : target.Topics).Select(group => GrainOf(client, group)).ToArray();
        return number => AskAsync(topics[number % topics.Length], query);
    }

    private static async ValueTask<int> AskAsync(ITopicGrain topic, TopicQuery query)
    {
        var reply = await topic.NewestAsync(query, CancellationToken.None);
        return reply.Status == TopicReplyStatus.Full
            ? throw new LoadException("a silo has as many topics in memory as it may: shorten --duration, raise Topics:TailsPerSilo, or wait until Topics:IdleAfter has passed")
            : (int)reply.Status;
    }

    private static ITopicGrain GrainOf(GrainClient client, int group) => Topic.TryParse(GroupMessages.Topic(group), out var topic)
        ? client.Grains.GetGrain<ITopicGrain>(TopicKey.Of(topic))
        : throw new LoadException("a topic of the load is none");

    // A front wakes a topic at its second read, so each is read twice and counts once.
    private static NextRequest Twice()
    {
        var (first, next) = (Random.Shared.Next(FirstFreshTopic, int.MaxValue / 2), -1);
        return (long _, out ReadOnlyMemory<byte> message, out int envelopes) =>
        {
            var at = Interlocked.Increment(ref next);
            message = new GetNewestEnvelopeRequest { Topics = { ByteString.CopyFrom(GroupMessages.Topic(first + (at / 2))) } }.ToByteArray();
            envelopes = at % 2;
            return true;
        };
    }

    private static Dictionary<string, string> OfProcess() => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(
        static variable => (string)variable.Key, static variable => variable.Value as string ?? "");
}
