using System.Diagnostics.Metrics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>What reads of topics count.</summary>
internal sealed class TopicMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _reads;
    private readonly Counter<long> _loads;

    public TopicMetrics(IMeterFactory meters)
    {
        _meter = meters.Create("XmtpOrleans.Topics");
        _reads = _meter.CreateCounter<long>("xmtp.topic.reads", "{topic}", "Topics read, by who answered.");
        _loads = _meter.CreateCounter<long>("xmtp.topic.loads", "{load}", "Ends of topics loaded from the store.");
    }

    public void Observe(TopicTails tails)
    {
        _meter.CreateObservableGauge("xmtp.topic.tails", () => tails.Count, "{topic}", "Topics whose end is in this silo's memory.");
        _meter.CreateObservableGauge("xmtp.topic.tail.size", () => tails.Bytes, "By", "Envelopes held in the ends of topics.");
    }

    public void FromMemory(int topics) => _reads.Add(topics, new KeyValuePair<string, object?>("xmtp.topic.source", "memory"));

    public void FromStore(int topics) => _reads.Add(topics, new KeyValuePair<string, object?>("xmtp.topic.source", "store"));

    public void Loaded() => _loads.Add(1);
}
