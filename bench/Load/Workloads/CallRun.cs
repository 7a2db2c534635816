using System.Diagnostics;
using System.Net;

namespace XmtpOrleans.Load.Workloads;

/// <summary>Runs a <see cref="CallPlan"/>: a thread for each connection, no thread pool, no allocation for a call.</summary>
internal static class CallRun
{
    /// <summary>Runs the plan against servers, which get connections in turn, and reports what was counted after the warm-up.</summary>
    public static CallResult Execute(IReadOnlyList<IPEndPoint> servers, CallPlan plan, ProcessorTime processors, Action<double, long>? progress)
    {
        var drivers = Enumerable.Range(0, plan.Connections).Select(index => new CallDriver(servers[index % servers.Count], plan, index)).ToList();
        var start = Stopwatch.GetTimestamp();
        foreach (var driver in drivers)
        {
            driver.Start(start);
        }

        Sleep(start, plan.WarmUp, progress, drivers);
        var before = processors.Read();
        var countingFrom = Stopwatch.GetTimestamp();
        drivers.ForEach(driver => driver.IsCounting = true);
        Sleep(start, plan.WarmUp + plan.Duration, progress, drivers);
        drivers.ForEach(driver => driver.IsCounting = false);
        var seconds = Stopwatch.GetElapsedTime(countingFrom).TotalSeconds;
        var used = processors.Read().Since(before);
        drivers.ForEach(driver => driver.Stop());

        var latency = new Histogram();
        var failures = new SortedDictionary<int, long>();
        var timeline = new long[(int)Math.Ceiling(plan.Duration.TotalSeconds) + 1];
        foreach (var driver in drivers)
        {
            latency.Add(driver.Latency);
            foreach (var (status, count) in driver.Failures)
            {
                failures[status] = failures.GetValueOrDefault(status) + count;
            }

            for (var second = 0; second < timeline.Length; second++)
            {
                timeline[second] += driver.Timeline[second];
            }
        }

        return new CallResult
        {
            Seconds = seconds,
            Calls = drivers.Sum(driver => driver.Calls),
            Envelopes = drivers.Sum(driver => driver.Envelopes),
            Failures = failures,
            Latency = latency,
            Timeline = timeline[..^1],
            Processors = used,
        };
    }

    private static void Sleep(long start, TimeSpan until, Action<double, long>? progress, List<CallDriver> drivers)
    {
        for (var left = until - Stopwatch.GetElapsedTime(start); left > TimeSpan.Zero; left = until - Stopwatch.GetElapsedTime(start))
        {
            if (drivers.Find(driver => driver.Fault is not null) is { Fault: { } fault }) throw new IOException($"a connection failed: {fault.Message}", fault);
            Thread.Sleep(left < TimeSpan.FromMilliseconds(200) ? left : TimeSpan.FromMilliseconds(200));
            progress?.Invoke(Stopwatch.GetElapsedTime(start).TotalSeconds, drivers.Sum(driver => driver.Total));
        }
    }
}
