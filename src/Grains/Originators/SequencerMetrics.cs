using System.Diagnostics.Metrics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Numbers of this node's own log.</summary>
internal sealed class SequencerMetrics
{
    private readonly Counter<long> _requests;
    private readonly Counter<long> _duplicates;
    private readonly Histogram<int> _batchSize;
    private readonly Histogram<double> _signDuration;
    private readonly Histogram<double> _commitDuration;
    private readonly UpDownCounter<long> _open;
    private readonly Gauge<double> _windowReach;
    private readonly Gauge<double> _clockDeviation;

    /// <summary>Creates the instruments.</summary>
    public SequencerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("XmtpOrleans.Originators");
        var seconds = new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5] };
        _requests = meter.CreateCounter<long>("xmtp.sequencer.requests", "{request}", "Publish requests by how they ended.");
        _duplicates = meter.CreateCounter<long>("xmtp.sequencer.duplicates", "{envelope}", "Envelopes answered from the duplicate window.");
        _batchSize = meter.CreateHistogram(
            "xmtp.sequencer.batch.size", "{envelope}", "Envelopes committed together.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] });
        _signDuration = meter.CreateHistogram("xmtp.sequencer.sign.duration", "s", "Time to sign a batch.", tags: null, seconds);
        _commitDuration = meter.CreateHistogram(
            "xmtp.api.stage_envelope", "s", "Time to commit a batch, flushed.", tags: null, seconds); // charted by operators under this name
        _open = meter.CreateUpDownCounter<long>("xmtp.sequencer.open", "{envelope}", "Envelopes that wait for their answer.");
        _windowReach = meter.CreateGauge<double>(
            "xmtp.sequencer.duplicate_window.reach", "s", "Age of the oldest publish that the duplicate window knows.");
        _clockDeviation = meter.CreateGauge<double>(
            "xmtp.sequencer.clock.deviation", "s", "How far the clock is outside what is tolerated; not zero stops publishing.");
    }

    /// <summary>A request ended.</summary>
    public void Ended(PublishStatus status)
    {
        if (_requests.Enabled) _requests.Add(1, new KeyValuePair<string, object?>("xmtp.publish.status", status.ToString()));
    }

    /// <summary>Envelopes were answered with what an earlier publish stored.</summary>
    public void Duplicates(int count)
    {
        if (count > 0) _duplicates.Add(count);
    }

    /// <summary>A batch was signed.</summary>
    public void Signed(TimeSpan elapsed) => _signDuration.Record(elapsed.TotalSeconds);

    /// <summary>A batch was committed.</summary>
    public void Committed(int count, TimeSpan elapsed)
    {
        _batchSize.Record(count);
        _commitDuration.Record(elapsed.TotalSeconds);
    }

    /// <summary>Envelopes started (or, negative, ceased) to wait.</summary>
    public void Opened(int count) => _open.Add(count);

    /// <summary>What the duplicate window reaches back to.</summary>
    public void WindowReach(TimeSpan age) => _windowReach.Record(age.TotalSeconds);

    /// <summary>What the clock guard measured.</summary>
    public void ClockDeviation(TimeSpan deviation) => _clockDeviation.Record(deviation.TotalSeconds);
}
