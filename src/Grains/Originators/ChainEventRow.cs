using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>A contract event on its way into the log: its time and what was found out about it.</summary>
internal sealed class ChainEventRow(ChainEvent source, long originatorNs)
{
    /// <summary>The event.</summary>
    public ChainEvent Source => source;

    /// <summary>The event's time: equal on every node, strictly rising, rejected events counted (02 §9).</summary>
    public long OriginatorNs => originatorNs;

    /// <summary>The topic that its identifier makes; <see langword="null"/> when it makes none.</summary>
    public Topic? Topic { get; } = TopicOf(source);

    /// <summary>The rule that rejects it; none for the inbox's refusal.</summary>
    public AdmissionRule Rule { get; private set; }

    /// <summary>Why it is not served; <see langword="null"/> when it is.</summary>
    public string? Rejection { get; private set; }

    /// <summary>What its inbox says; <see langword="null"/> for a group message.</summary>
    public InboxVerdict? Verdict { get; private set; }

    /// <summary>Rejects what clients could not live with (design: what is admitted).</summary>
    public void Judge(Admission admission)
    {
        if (Topic is null)
        {
            (Rule, Rejection) = (AdmissionRule.Topic, $"the event's identifier has {source.Identifier.Length} bytes");
        }
        else if (!ParsedClientEnvelope.TryParse(source.Payload, out var envelope, out var refusal))
        {
            (Rule, Rejection) = (AdmissionRule.Encoding, refusal);
        }
        else if (admission.JudgeChainEvent(envelope, Topic) is { IsAdmitted: false } verdict)
        {
            (Rule, Rejection) = (verdict.Rule, verdict.Reason);
        }
    }

    /// <summary>Takes the inbox's word.</summary>
    public void Judge(InboxVerdict verdict)
    {
        Verdict = verdict;
        if (verdict.Status == InboxVerdictStatus.Invalid) Rejection = verdict.Reason;
    }

    /// <summary>The row that the store keeps. The payer envelope holds nothing but the client's (02 §9).</summary>
    public LogRow ToRow(OriginatorId originator, long arrivalUs)
    {
        var payer = EnvelopeEncoder.Payer(source.Payload, signature: [], target: default, retentionDays: 0);
        var unsigned = EnvelopeEncoder.Unsigned(
            originator, source.Sequence, originatorNs, payer, baseFee: 0, congestionFee: 0, expiryUnixTime: 0);
        return new LogRow
        {
            Entry = new LogEntry
            {
                Originator = originator,
                Sequence = source.Sequence,
                OriginatorNs = originatorNs,
                ArrivalUs = arrivalUs,
                ExpirySeconds = LogEntry.NeverExpires,
                Topic = Topic!,
                Bytes = EnvelopeEncoder.Proven(unsigned, source.TransactionHash),
                AddressChanges = Verdict?.AddressChanges ?? [],
            },
        };
    }

    private static Topic? TopicOf(ChainEvent source)
    {
        var kind = source.Contract == ChainContract.GroupMessages ? TopicKind.GroupMessages : TopicKind.IdentityUpdates;
        return Topic.TryParse([(byte)kind, .. source.Identifier], out var topic) ? topic : null;
    }
}
