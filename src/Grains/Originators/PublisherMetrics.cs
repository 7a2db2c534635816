using System.Diagnostics.Metrics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Numbers of one process's way to the sequencer.</summary>
internal sealed class PublisherMetrics
{
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _retries;
    private readonly Counter<long> _refused;
    private readonly UpDownCounter<long> _open;

    /// <summary>Creates the instruments.</summary>
    public PublisherMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("XmtpOrleans.Publisher");
        _duration = meter.CreateHistogram(
            "xmtp.api.wait_for_gateway_publish", "s", "Time from a checked publish to its outcome.", tags: null, // an operator's chart has this name
            new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5, 10] });
        _retries = meter.CreateCounter<long>("xmtp.publisher.retries", "{call}", "Calls to the sequencer that were repeated.");
        _refused = meter.CreateCounter<long>("xmtp.publisher.refused", "{request}", "Publishes refused because too many wait.");
        _open = meter.CreateUpDownCounter<long>("xmtp.publisher.open", "{envelope}", "Envelopes between their arrival and their answer.");
    }

    /// <summary>A publish was answered.</summary>
    public void Ended(PublishStatus status, TimeSpan elapsed)
    {
        if (_duration.Enabled) _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("xmtp.publish.status", status.ToString()));
    }

    /// <summary>A call is repeated.</summary>
    public void Retried() => _retries.Add(1);

    /// <summary>A publish found no room.</summary>
    public void Refused() => _refused.Add(1);

    /// <summary>Envelopes arrived (or, negative, left).</summary>
    public void Opened(int count) => _open.Add(count);
}
