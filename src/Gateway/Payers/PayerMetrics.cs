using System.Diagnostics.Metrics;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>What the payer gateway counts (04 §6.6). Originators are registered nodes and the two chain logs, so their number is bounded.</summary>
internal sealed class PayerMetrics
{
    private const string OriginatorTag = "originator_id";

    private readonly Histogram<double> _duration;
    private readonly Counter<long> _originated;
    private readonly Histogram<int> _failedAttempts;
    private readonly Gauge<int> _listedNodes;
    private readonly Counter<long> _failures;

    public PayerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("XmtpOrleans.Payers");
        _duration = meter.CreateHistogram(
            "xmtp.gateway.publish.duration", "s", "Time until an originator's signed answer.", tags: null,
            new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries =
                [
                    .05, .1, .15, .2, .25, .3, .35, .4, .45, .5, .55, .6, .65, .7, .75, .8, .85, .9, 1, 2.5, 5, 10,
                ],
            });
        _originated = meter.CreateCounter<long>("xmtp.gateway.messages.originated", "{envelope}", "Envelopes published.");
        _failedAttempts = meter.CreateHistogram(
            "xmtp.gateway.failed.attempts.to.publish.to.node.via.banlist", "{attempt}", "Nodes that failed before one took a group.", tags: null,
            new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 2, 3, 4, 5] });
        _listedNodes = meter.CreateGauge<int>("xmtp.gateway.get.nodes.available.nodes", "{node}", "Nodes in the last answer to GetNodes.");
        _failures = meter.CreateCounter<long>("xmtp.gateway.publish.failures", "{envelope}", "Envelopes not published, by status.");
    }

    public void Published(OriginatorId originator, int envelopes, int failedAttempts, TimeSpan elapsed)
    {
        if (!_duration.Enabled && !_originated.Enabled) return;
        var tag = new KeyValuePair<string, object?>(OriginatorTag, originator.Value);
        _duration.Record(elapsed.TotalSeconds, tag);
        _originated.Add(envelopes, tag);
        if (originator.IsNode) _failedAttempts.Record(failedAttempts, tag);
    }

    public void Failed(PublishFault fault) => _failures.Add(1, new KeyValuePair<string, object?>("code", fault.Code.ToString()));

    public void Listed(int nodes) => _listedNodes.Record(nodes);
}
