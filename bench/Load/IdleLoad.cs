using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Spectre.Console;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.Load;

/// <summary>Silent streams, and what they cost the server.</summary>
/// <param name="Streams">How many.</param>
/// <param name="PerConnection">How many on a connection.</param>
/// <param name="ServerPids">The server; its resident memory is read.</param>
internal sealed record IdleLoad(int Streams, int PerConnection, int[] ServerPids)
{
    private const string Path = "/xmtp.xmtpv4.message_api.ReplicationApi/SubscribeTopics";
    private static readonly TimeSpan OpenLimit = TimeSpan.FromSeconds(120);

    /// <summary>Opens the streams, holds them for the run's duration, prints memory and processor time before and after.</summary>
    public static Task<int> RunAsync(LoadTarget target, IdleLoad load, string command)
    {
        if (load.ServerPids.Length == 0) throw new LoadException("idle: name the server's process with --server-pid");
        var before = load.ServerPids.Sum(Resident);
        var drivers = new List<StreamDriver>();
        try
        {
            for (var from = 0; from < load.Streams; from += load.PerConnection)
            {
                var count = Math.Min(load.PerConnection, load.Streams - from);
                var requests = Enumerable.Range(from, count).Select(Request).ToList();
                drivers.Add(new StreamDriver(target.Nodes[drivers.Count % target.Nodes.Count], Path, requests, static _ => { }));
            }

            var since = Stopwatch.GetTimestamp();
            while (drivers.Sum(driver => driver.Started) < load.Streams)
            {
                if (Stopwatch.GetElapsedTime(since) > OpenLimit)
                {
                    var refused = drivers.Sum(driver => driver.Ended);
                    throw new TimeoutException($"{drivers.Sum(driver => driver.Started)} of {load.Streams} streams opened within {OpenLimit.TotalSeconds} s"
                        + (refused > 0 ? $", {refused} were refused: raise Rpc:MaxOpenStreamsPerClient" : ""));
                }

                Thread.Sleep(50);
            }

            var processor = target.Processors.Read();
            Thread.Sleep(target.Duration);
            var used = target.Processors.Read().Since(processor).Watched;
            var after = load.ServerPids.Sum(Resident);
            var table = new Table().RoundedBorder().AddColumns("streams", "on a connection", "ended", "before MB", "after MB", "KB a stream", "server cores");
            table.AddRow(
                Text(load.Streams), Text(load.PerConnection), Text(drivers.Sum(driver => driver.Ended)), Text(before / 1024), Text(after / 1024),
                ((after - before) / (double)load.Streams).ToString("N1", CultureInfo.InvariantCulture),
                (used / target.Duration.TotalSeconds).ToString("N3", CultureInfo.InvariantCulture));
            AnsiConsole.Write(table);
            return Task.FromResult(0);
        }
        finally
        {
            drivers.ForEach(driver => driver.Dispose());
        }
    }

    private static string Text(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static byte[] Request(int group) => new SubscribeTopicsRequest
    {
        Filters = { new SubscribeTopicsRequest.Types.TopicFilter { Topic = ByteString.CopyFrom(GroupMessages.Topic(1_000_000 + group)) } },
    }.ToByteArray();

    // Resident kilobytes, as the kernel tells.
    private static long Resident(int process)
    {
        var line = File.ReadLines($"/proc/{process}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
