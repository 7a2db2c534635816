using System.Diagnostics;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Load.Workloads;

namespace XmtpOrleans.Load.Cluster;

/// <summary>Runs a <see cref="GrainPlan"/> in a closed loop.</summary>
internal sealed class GrainRun
{
    private const int Lost = -1;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly GrainPlan _plan;
    private readonly List<Caller> _callers;
    private long _next = -1;
    private long _countingSince;
    private volatile bool _isCounting;
    private volatile bool _isStopping;

    private GrainRun(GrainPlan plan)
    {
        _plan = plan;
        _callers = [.. Enumerable.Range(0, plan.InFlight).Select(_ => new Caller(this))];
    }

    /// <summary>Runs the plan and reports what was counted after the warm-up.</summary>
    public static CallResult Execute(GrainPlan plan, ProcessorTime processors, Action<double, long> progress) => new GrainRun(plan).Execute(processors, progress);

    private CallResult Execute(ProcessorTime processors, Action<double, long> progress)
    {
        var start = Stopwatch.GetTimestamp();
        var calling = _callers.ConvertAll(caller => Task.Run(caller.RunAsync));
        try
        {
            Sleep(start, _plan.WarmUp, progress, calling);
            var before = processors.Read();
            Volatile.Write(ref _countingSince, Stopwatch.GetTimestamp());
            _isCounting = true;
            Sleep(start, _plan.WarmUp + _plan.Duration, progress, calling);
            _isCounting = false;
            return Result(Stopwatch.GetElapsedTime(_countingSince).TotalSeconds, processors.Read().Since(before));
        }
        finally
        {
            _isStopping = true;
            Task.WhenAll(calling).ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        }
    }

    private CallResult Result(double seconds, ProcessorSeconds used)
    {
        var latency = new Histogram();
        var failures = new SortedDictionary<int, long>();
        var timeline = new long[(int)Math.Ceiling(_plan.Duration.TotalSeconds)];
        foreach (var caller in _callers)
        {
            caller.AddTo(latency, failures, timeline);
        }

        return new CallResult
        {
            Seconds = seconds,
            Calls = latency.Count,
            Envelopes = latency.Count * _plan.PerCall,
            Failures = failures,
            Latency = latency,
            Timeline = timeline,
            Processors = used,
        };
    }

    private void Sleep(long start, TimeSpan until, Action<double, long> progress, List<Task> calling)
    {
        for (var left = until - Stopwatch.GetElapsedTime(start); left > TimeSpan.Zero; left = until - Stopwatch.GetElapsedTime(start))
        {
            if (calling.Find(static task => task.IsFaulted) is { Exception.InnerException: { } fault }) throw new LoadException(fault.Message);
            Thread.Sleep(left < Tick ? left : Tick);
            progress(Stopwatch.GetElapsedTime(start).TotalSeconds, (Interlocked.Read(ref _next) + 1) * _plan.PerCall);
        }
    }

    /// <summary>One call after the other. Its lock is free but for the moment in which results are gathered.</summary>
    private sealed class Caller(GrainRun run)
    {
        private readonly Lock _lock = new();
        private readonly Histogram _latency = new();
        private readonly Dictionary<int, long> _failures = [];
        private readonly long[] _timeline = new long[(int)Math.Ceiling(run._plan.Duration.TotalSeconds)];

        public async Task RunAsync()
        {
            while (!run._isStopping)
            {
                var started = Stopwatch.GetTimestamp();
                int status;
                try
                {
                    status = await run._plan.CallAsync(Interlocked.Increment(ref run._next));
                }
                catch (Exception failure) when (GrainCallFailures.IsPassing(failure))
                {
                    status = Lost;
                }

                if (run._isCounting) Count(started, status);
            }
        }

        public void AddTo(Histogram latency, SortedDictionary<int, long> failures, long[] timeline)
        {
            lock (_lock)
            {
                latency.Add(_latency);
                foreach (var (status, count) in _failures) failures[status] = failures.GetValueOrDefault(status) + count;
                for (var second = 0; second < timeline.Length; second++) timeline[second] += _timeline[second];
            }
        }

        private void Count(long started, int status)
        {
            var now = Stopwatch.GetTimestamp();
            var second = (int)((now - Volatile.Read(ref run._countingSince)) / Stopwatch.Frequency);
            lock (_lock)
            {
                if (status != 0)
                {
                    _failures[status] = _failures.GetValueOrDefault(status) + 1;
                    return;
                }

                _latency.Add((now - started) * 1_000_000 / Stopwatch.Frequency);
                if (second < _timeline.Length) _timeline[second] += run._plan.PerCall;
            }
        }
    }
}
