using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary>The store, watched: whoever looks after it hears at once when a lease, a commit or a read of the marks fails, without asking the store
/// anything. Every other read asks for the marks first.</summary>
internal sealed class WatchedStore(IEnvelopeStore store, TimeProvider clock) : IEnvelopeStore
{
    private volatile TaskCompletionSource _failed = NewSignal(); // renewed by the one who waits
    private long _lastCommit = clock.GetTimestamp();
    private Task? _marks; // the last read of the marks that is watched

    /// <summary>Forgets the failures so far.</summary>
    public void Forget() => _failed = NewSignal();

    /// <summary>Completes at the first failure since <see cref="Forget"/>, or when nothing was committed for so long.</summary>
    public async Task WaitAsync(TimeSpan quiet, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _failed.Task.WaitAsync(quiet, clock, cancellationToken);
                return;
            }
            catch (TimeoutException)
            {
                if (clock.GetElapsedTime(Volatile.Read(ref _lastCommit)) >= quiet) return;
            }
        }
    }

    public Task<Lease> TakeLeaseAsync(OriginatorId originator, CancellationToken cancellationToken) =>
        WatchAsync(store.TakeLeaseAsync(originator, cancellationToken));

    public async Task<AppendOutcome> AppendAsync(LogAppend append)
    {
        var outcome = await WatchAsync(store.AppendAsync(append));
        Volatile.Write(ref _lastCommit, clock.GetTimestamp());
        return outcome;
    }

    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken)
    {
        var marks = store.ReadMarksAsync(cancellationToken);
        if (marks.IsCompletedSuccessfully) return marks;
        var read = marks.AsTask();

        // Many readers share one read; the first of them watches it.
        if (Interlocked.Exchange(ref _marks, read) != read) _ = ReportAsync(read);
        return new ValueTask<Cursor>(read);
    }

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

    public Task<IReadOnlyList<LogEntry?>> ReadNewestAsync(IReadOnlyList<Topic> topics, ReadFilter filter, CancellationToken cancellationToken) =>
        store.ReadNewestAsync(topics, filter, cancellationToken);

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

    public Task<IReadOnlyDictionary<OriginatorId, int>> ReadQueueSlotsAsync(CancellationToken cancellationToken) =>
        store.ReadQueueSlotsAsync(cancellationToken);

    public Task ProbeAsync(CancellationToken cancellationToken) => store.ProbeAsync(cancellationToken);

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task ReportAsync(Task call)
    {
        try
        {
            await call;
        }
        catch (StoreException)
        {
            _failed.TrySetResult();
        }
        catch (OperationCanceledException)
        {
            // The reader left.
        }
    }

    private async Task<T> WatchAsync<T>(Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (StoreException)
        {
            _failed.TrySetResult();
            throw;
        }
    }
}
