using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The durable store of one logical node. Every method may throw <see cref="StoreException"/>; no other exception leaves it
/// but cancellation.</summary>
/// <remarks>What is committed is visible to every later read of every process. Reads never wait for appends.</remarks>
public interface IEnvelopeStore
{
    /// <summary>Takes the log over: a new epoch, after which every append under an older one is fenced. Waits for an append in flight;
    /// creates the log at its first lease. Called by the first append of an activation, never by a read.</summary>
    /// <exception cref="StoreException">Among others: the log is new and every one of <see cref="QueueSlots"/> is taken.</exception>
    Task<Lease> TakeLeaseAsync(OriginatorId originator, CancellationToken cancellationToken);

    /// <summary>Writes a commit in one transaction and one round trip, flushed to disk before it returns: rows, rejected positions, usage and
    /// congestion, address log, chain cursor and the log's new mark, but only under the latest lease and from the mark it names.</summary>
    /// <remarks>After an exception nobody knows whether it is stored; the caller ends, and a fresh lease tells.</remarks>
    Task<AppendOutcome> AppendAsync(LogAppend append);

    /// <summary>The marks of all logs as of this call or later.</summary>
    /// <remarks>A store of one process answers from fields, without waiting; others cost a statement, and callers share it and its task. A caller
    /// that gives up later than it asked waits with the others until the statement ends.</remarks>
    ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken);

    /// <summary>Entries of one log after a position up to and including another, ascending, servable or not, expired or not.</summary>
    Task<EntryPage> ReadLogAsync(
        OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>Entries of several logs, ascending by (originator, sequence id) over the whole page, servable or not.</summary>
    /// <param name="originators">Each once.</param>
    /// <param name="after">Where to start in each log; a log it does not name starts at the beginning.</param>
    /// <param name="filter">Which rows count.</param>
    /// <param name="limit">Where to cut.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<EntryPage> ReadOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>Servable entries of several topics, ascending by (originator, sequence id) over the whole page.</summary>
    /// <param name="topics">Each topic once, with its own position; logs its cursor does not name start at the beginning.</param>
    /// <param name="filter">Which rows count.</param>
    /// <param name="limit">Where to cut.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<EntryPage> ReadTopicsAsync(
        IReadOnlyList<TopicPosition> topics, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>The last servable entries of one topic in each log, expired or not. A log that was cut names as its floor the position of
    /// the newest entry left out.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="upTo">Highest position of each log that may be returned; logs it does not name return nothing.</param>
    /// <param name="perLog">Where each log is cut, counted from its end.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<TailPage> ReadTopicTailAsync(Topic topic, Cursor upTo, PageLimit perLog, CancellationToken cancellationToken);

    /// <summary>The newest servable entry of each topic at the same index: by origination for key packages, by arrival for every other kind
    /// (02 §12.1); <see langword="null"/> where there is none.</summary>
    Task<IReadOnlyList<LogEntry?>> ReadNewestAsync(
        IReadOnlyList<Topic> topics, ReadFilter filter, CancellationToken cancellationToken);

    /// <summary>One entry by its key; <see langword="null"/> when it is not stored.</summary>
    Task<LogEntry?> ReadEntryAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken);

    /// <summary>The inbox each address (lower-case hex with 0x, exact) belongs to now, at the same index (02 §12.2).</summary>
    Task<IReadOnlyList<InboxId?>> ReadInboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken);

    /// <summary>Fingerprints of the rows of a log accepted at or after a time and before a position, newest first.</summary>
    Task<IReadOnlyList<StoredFingerprint>> ReadFingerprintsAsync(
        OriginatorId originator, long sinceNs, SequenceId before, int limit, CancellationToken cancellationToken);

    /// <summary>Charged messages of a log in the minute and the four before it: index 0 is <paramref name="minute"/> (04 §9.2).</summary>
    Task<IReadOnlyList<long>> ReadCongestionAsync(OriginatorId originator, long minute, CancellationToken cancellationToken);

    /// <summary>A payer's unsettled usage over all logs, summed by period, ascending; <see langword="null"/> when the payer is unknown.</summary>
    /// <param name="payer">The payer.</param>
    /// <param name="periodMinutes">Length of a period: 60 or 1,440.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<UsagePeriod>?> ReadUsageAsync(EthereumAddress payer, int periodMinutes, CancellationToken cancellationToken);

    /// <summary>How far a chain log has read its contract; <see langword="null"/> before its first event.</summary>
    Task<ChainCursor?> ReadChainCursorAsync(OriginatorId originator, CancellationToken cancellationToken);

    /// <summary>Which log owns which of <see cref="QueueSlots"/>. A log gets its slot at its first lease and keeps it.</summary>
    Task<IReadOnlyDictionary<OriginatorId, int>> ReadQueueSlotsAsync(CancellationToken cancellationToken);

    /// <summary>Writes and flushes a few bytes: completes when the store can take appends again. Used for readiness.</summary>
    Task ProbeAsync(CancellationToken cancellationToken);
}
