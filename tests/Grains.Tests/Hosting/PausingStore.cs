using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Hosting;

/// <summary>The store as one silo sees it: its next commit to the node's log stands still, as in a process that is stopped, while the other silos'
/// go on.</summary>
internal sealed class PausingStore(IEnvelopeStore store) : IEnvelopeStore
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<AppendOutcome> _paused = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _before;
    private bool _after;

    /// <summary>Completes when a commit stands still.</summary>
    public Task Reached => _reached.Task;

    /// <summary>What became of it.</summary>
    public Task<AppendOutcome> PausedAppend => _paused.Task;

    /// <summary>Commits that this silo tried after that.</summary>
    public int AppendsAfterResume { get; private set; }

    public void PauseBefore() => _before = true;

    public void PauseAfter() => _after = true;

    public void Resume() => _resumed.TrySetResult();

    public async Task<AppendOutcome> AppendAsync(LogAppend append)
    {
        if (append.Lease.Originator != TestPublishes.Node || !(_before || _after)) return await store.AppendAsync(append);
        if (_reached.Task.IsCompleted)
        {
            await _resumed.Task;
            AppendsAfterResume++;
            return await store.AppendAsync(append);
        }

        var committing = _before ? null : store.AppendAsync(append);
        _reached.TrySetResult();
        await _resumed.Task;
        var outcome = await (committing ?? store.AppendAsync(append));
        _paused.TrySetResult(outcome);
        return outcome;
    }

    public Task<Lease> TakeLeaseAsync(OriginatorId originator, CancellationToken cancellationToken) => store.TakeLeaseAsync(originator, cancellationToken);

    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) => store.ReadMarksAsync(cancellationToken);

    public Task<EntryPage> ReadLogAsync(
        OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit, CancellationToken cancellationToken) =>
        store.ReadLogAsync(originator, after, upTo, limit, cancellationToken);

    public Task<EntryPage> ReadOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken) =>
        store.ReadOriginatorsAsync(originators, after, filter, limit, cancellationToken);

    public Task<EntryPage> ReadTopicsAsync(
        IReadOnlyList<TopicPosition> topics, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken) =>
        store.ReadTopicsAsync(topics, filter, limit, cancellationToken);

    public Task<TailPage> ReadTopicTailAsync(Topic topic, Cursor upTo, PageLimit perLog, CancellationToken cancellationToken) =>
        store.ReadTopicTailAsync(topic, upTo, perLog, cancellationToken);

    public Task<IReadOnlyList<LogEntry?>> ReadNewestAsync(
        IReadOnlyList<Topic> topics, ReadFilter filter, CancellationToken cancellationToken) => store.ReadNewestAsync(topics, filter, cancellationToken);

    public Task<LogEntry?> ReadEntryAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken) =>
        store.ReadEntryAsync(originator, sequence, cancellationToken);

    public Task<IReadOnlyList<InboxId?>> ReadInboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        store.ReadInboxIdsAsync(addresses, cancellationToken);

    public Task<IReadOnlyList<StoredFingerprint>> ReadFingerprintsAsync(
        OriginatorId originator, long sinceNs, SequenceId before, int limit, CancellationToken cancellationToken) =>
        store.ReadFingerprintsAsync(originator, sinceNs, before, limit, cancellationToken);

    public Task<IReadOnlyList<long>> ReadCongestionAsync(OriginatorId originator, long minute, CancellationToken cancellationToken) =>
        store.ReadCongestionAsync(originator, minute, cancellationToken);

    public Task<IReadOnlyList<UsagePeriod>?> ReadUsageAsync(EthereumAddress payer, int periodMinutes, CancellationToken cancellationToken) =>
        store.ReadUsageAsync(payer, periodMinutes, cancellationToken);

    public Task<ChainCursor?> ReadChainCursorAsync(OriginatorId originator, CancellationToken cancellationToken) =>
        store.ReadChainCursorAsync(originator, cancellationToken);

    public Task<IReadOnlyDictionary<OriginatorId, int>> ReadQueueSlotsAsync(CancellationToken cancellationToken) => store.ReadQueueSlotsAsync(cancellationToken);

    public Task ProbeAsync(CancellationToken cancellationToken) => store.ProbeAsync(cancellationToken);
}
