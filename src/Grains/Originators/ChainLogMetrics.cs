using System.Diagnostics.Metrics;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Numbers of the logs of the chain's contracts.</summary>
internal sealed class ChainLogMetrics
{
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _rejected;
    private readonly Counter<long> _undecided;
    private readonly Gauge<long> _position;

    /// <summary>Creates the instruments.</summary>
    public ChainLogMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("XmtpOrleans.ChainLogs");
        _accepted = meter.CreateCounter<long>("xmtp.chain_log.events", "{event}", "Contract events that became envelopes.");
        _rejected = meter.CreateCounter<long>("xmtp.chain_log.rejected", "{event}", "Contract events that are not served.");
        _undecided = meter.CreateCounter<long>("xmtp.chain_log.undecided", "{event}", "Times an identity update could not be judged yet.");
        _position = meter.CreateGauge<long>("xmtp.chain_log.sequence_id", "{event}", "The last contract event in the log.");
    }

    /// <summary>A commit is durable.</summary>
    public void Committed(OriginatorId originator, int accepted, SequenceId last)
    {
        var tag = new KeyValuePair<string, object?>("xmtp.originator", originator.Value);
        _accepted.Add(accepted, tag);
        _position.Record((long)last.Value, tag);
    }

    /// <summary>An event was rejected.</summary>
    public void Rejected(OriginatorId originator, AdmissionRule rule) => _rejected.Add(
        1, new("xmtp.originator", originator.Value), new("xmtp.admission.rule", rule == AdmissionRule.None ? "Inbox" : rule.ToString()));

    /// <summary>An update has to wait.</summary>
    public void Undecided() => _undecided.Add(1);
}
