using Spectre.Console;
using XmtpOrleans.Load.Reports;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.Load;

/// <summary>Repeats a run with a progress display and reports all repetitions and their median.</summary>
internal static class LoadSession
{
    private static readonly double[] Shares = [0.5, 0.9, 0.99, 0.999];

    /// <summary>Runs, prints, writes the report; exit code 1 when a call failed.</summary>
    public static async Task<int> RunAsync(
        LoadTarget target, string name, string command, string unit, Func<int, Action<string, double>, RunRecord> run)
    {
        var records = await RepeatAsync(target, run);
        Report.Print(records);
        var median = MedianOf(records);
        AnsiConsole.MarkupLineInterpolated($"[bold]{name}: {median.PerSecond:N0} {unit}/s[/] (median of {records.Count})");
        if (target.Output.Length > 0) await Report.WriteAsync(target.Output, name, command, records);
        return records.Exists(record => record.Failures > 0) ? 1 : 0;
    }

    /// <summary>The run to quote.</summary>
    public static RunRecord MedianOf(IReadOnlyList<RunRecord> records) => records.OrderBy(record => record.PerSecond).ElementAt(records.Count / 2);

    /// <summary>Runs as often as asked, with a progress display.</summary>
    public static async Task<List<RunRecord>> RepeatAsync(LoadTarget target, Func<int, Action<string, double>, RunRecord> run)
    {
        var records = new List<RunRecord>();
        for (var index = 0; index < target.Runs; index++)
        {
            var number = index;
            await AnsiConsole.Progress().AutoClear(true)
                .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
                .StartAsync(async context =>
                {
                    var task = context.AddTask($"run {number + 1} of {target.Runs}", maxValue: 1);
                    records.Add(await Task.Factory.StartNew(
                        () => run(number, (text, share) =>
                        {
                            task.Description = Markup.Escape(text);
                            task.Value = Math.Clamp(share, 0, 1);
                        }),
                        CancellationToken.None,
                        TaskCreationOptions.LongRunning,
                        TaskScheduler.Default));
                });
        }

        return records;
    }

    /// <summary>The report's view of a run of calls.</summary>
    public static RunRecord Record(string name, string unit, CallResult result, double perSecond) => new()
    {
        Name = name,
        Unit = unit,
        PerSecond = perSecond,
        LatencyMs = LatencyOf(result.Latency),
        Failures = result.Failures.Values.Sum(),
        GeneratorCores = result.Processors.Own / result.Seconds,
        ServerCores = result.Processors.Watched / result.Seconds,
        DatabaseCores = result.Processors.Database / result.Seconds,
        Timeline = result.Timeline,
        Curve = CurveOf(result.Latency),
    };

    /// <summary>The quantiles that a table shows, in milliseconds, and the greatest.</summary>
    public static double[] LatencyOf(Histogram latency) => [.. Shares.Select(share => latency.Quantile(share) / 1000.0), latency.Max / 1000.0];

    /// <summary>The latency curve of a plot.</summary>
    public static List<(double Share, double Ms)> CurveOf(Histogram latency) =>
        [.. Enumerable.Range(3, 38).Select(step => 1 - Math.Pow(10, -step / 10.0)).Select(share => (share, latency.Quantile(share) / 1000.0))];
}
