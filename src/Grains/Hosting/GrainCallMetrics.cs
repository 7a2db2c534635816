using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Orleans.Runtime;

namespace XmtpOrleans.Grains.Hosting;

/// <summary>How long the calls to this silo's grains take, by grain and method. A call whose caller has given up does not get here: each message carries
/// what is left of its time, and a cancelled one that waits is taken out.</summary>
internal sealed class GrainCallMetrics : IIncomingGrainCallFilter
{
    private static readonly IdSpan Ours = IdSpan.Create("xmtp.");

    private readonly ConcurrentDictionary<(GrainType Grain, string Method), TagList> _tags = [];
    private readonly TimeProvider _clock;
    private readonly Histogram<double> _duration;

    public GrainCallMetrics(IMeterFactory meters, TimeProvider clock)
    {
        _clock = clock;
        _duration = meters.Create("XmtpOrleans.Grains").CreateHistogram(
            "xmtp.grain.call.duration", "s", "Time a grain takes for a call, waiting reads included.", tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5] });
    }

    public Task Invoke(IIncomingGrainCallContext context) =>
        _duration.Enabled && context.TargetId.Type.AsSpan().StartsWith(Ours.AsSpan()) ? MeasureAsync(context) : context.Invoke();

    private async Task MeasureAsync(IIncomingGrainCallContext context)
    {
        var started = _clock.GetTimestamp();
        try
        {
            await context.Invoke();
        }
        finally
        {
            // As many as there are methods of grains.
            var tags = _tags.GetOrAdd((context.TargetId.Type, context.MethodName), static call => new TagList
            {
                { "xmtp.grain", call.Grain.ToString() }, { "xmtp.method", call.Method },
            });
            _duration.Record(_clock.GetElapsedTime(started).TotalSeconds, tags);
        }
    }
}
