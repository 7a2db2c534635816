using Orleans.Concurrency;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The log of one originator, keyed by its id: what the live feed reads, whoever appends.</summary>
[Alias("xmtp.originator-log")]
public interface IOriginatorLog : IGrainWithIntegerKey
{
    /// <summary>Batches after a position, from memory; from the oldest in memory when that begins later. Waits up to <paramref name="wait"/> when there are none yet; returns empty at once
    /// when the activation starts to end.</summary>
    /// <param name="after">The last position the caller has.</param>
    /// <param name="maxBytes">About how many bytes of envelopes to return; at least one batch is returned when there is one.</param>
    /// <param name="wait">How long to wait for the first batch.</param>
    [AlwaysInterleave, Alias("read"), ResponseTimeout("00:00:03")]
    Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait);

    /// <summary>The log's mark as this activation knows it; zero when it has not appended yet.</summary>
    [AlwaysInterleave, Alias("head"), ResponseTimeout("00:00:02")]
    Task<SequenceId> HeadAsync();
}
