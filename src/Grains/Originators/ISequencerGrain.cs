using Orleans.Concurrency;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The log of this node's own originator id: orders, prices, signs and stores what payers publish.</summary>
[Alias("xmtp.sequencer")]
public interface ISequencerGrain : IOriginatorLog
{
    /// <summary>How long a caller waits for an answer.</summary>
    const string AppendLimit = "00:00:02";

    /// <summary>Publishes requests; each is stored whole or not at all. Answers only after the commit is durable, with the stored bytes.
    /// Repeating a call is safe: what was stored within the duplicate window is answered again, not stored again.</summary>
    [AlwaysInterleave, Alias("append"), ResponseTimeout(AppendLimit)]
    Task<AppendReply> AppendAsync(PublishBatch batch);
}
