using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Testing;

/// <summary>A store in memory that keeps the contract of <see cref="IEnvelopeStore"/>. It outlives the activations over it, as a database does;
/// calls may be delayed and broken before and after they take effect.</summary>
public sealed class FakeEnvelopeStore : IEnvelopeStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<OriginatorId, FakeLog> _logs = [];
    private readonly Dictionary<(string Address, InboxId Inbox), (SequenceId Associated, SequenceId Revoked)> _addresses = [];
    private readonly Dictionary<(EthereumAddress Payer, OriginatorId Originator, long Minute), (long Spend, long Messages)> _usage = [];
    private readonly TimeProvider _clock;

    /// <summary>An empty store.</summary>
    public FakeEnvelopeStore(TimeProvider? clock = null) => _clock = clock ?? TimeProvider.System;

    /// <summary>Awaited before a call takes effect; what it throws, the caller gets, and nothing happened.</summary>
    public Func<StoreCall, Task> Before { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Awaited after a call took effect; what it throws, the caller gets although it happened: a lost answer.</summary>
    public Func<StoreCall, Task> After { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Where calls run; <see langword="null"/> for the caller's scheduler. A caller that dies takes no call along that it has sent.</summary>
    public TaskScheduler? Scheduler { get; set; }

    /// <summary>When set, a commit is confirmed at once and its rows are there only after this is over, to show that a test would notice what is
    /// shown before it is durable.</summary>
    public Func<Task>? AnswersBeforeDurable { get; set; }

    /// <summary>Writes without comparing leases or marks, to show that a test would notice a store that does.</summary>
    public bool IsUnfenced { get; set; }

    /// <summary>What <see cref="Lease.StoreTime"/> says beyond the store's clock.</summary>
    public TimeSpan ClockSkew { get; set; }

    /// <summary>Secret of the fingerprints.</summary>
    public byte[] FingerprintKey { get; } = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    /// <summary>Everything committed to a log, ascending.</summary>
    public IReadOnlyList<LogRow> Rows(OriginatorId originator)
    {
        lock (_lock) return [.. Log(originator).Rows];
    }

    /// <summary>The rejected positions of a log, in the order they were recorded.</summary>
    public IReadOnlyList<RejectedEntry> Rejected(OriginatorId originator)
    {
        lock (_lock) return [.. Log(originator).Rejected];
    }

    /// <inheritdoc/>
    public Task<Lease> TakeLeaseAsync(OriginatorId originator, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.TakeLease, cancellationToken, () =>
        {
            var log = Log(originator);
            if (log.Slot < 0)
            {
                var slot = Enumerable.Range(0, QueueSlots.Count).Except(_logs.Values.Select(other => other.Slot)).DefaultIfEmpty(-1).Min();
                if (slot < 0) throw QueueSlots.Full(originator);
                log.Slot = slot;
            }

            return new Lease
            {
                Originator = originator,
                Epoch = ++log.Epoch,
                Last = log.Last,
                LastNs = log.LastNs,
                StoreTime = _clock.GetUtcNow() + ClockSkew,
                FingerprintKey = [.. FingerprintKey],
            };
        });

    /// <inheritdoc/>
    public Task<AppendOutcome> AppendAsync(LogAppend append) => CallAsync(StoreCall.Append, CancellationToken.None, () =>
    {
        var log = Log(append.Lease.Originator);
        if (Refusal(append) is { } refusal) throw new StoreException(refusal);
        if (!IsUnfenced && (log.Epoch != append.Lease.Epoch || log.Last != append.Previous)) return AppendOutcome.Fenced;
        log.Advance(append);
        if (AnswersBeforeDurable is not { } flush) Write(append);
        else _ = WriteAfterAsync(flush(), append);
        return AppendOutcome.Committed;
    });

    /// <inheritdoc/>
    public async ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) => await CallAsync(
        StoreCall.ReadMarks,
        cancellationToken,
        () => Cursor.Of(_logs.Where(log => log.Value.Last != default).Select(log => KeyValuePair.Create(log.Key, log.Value.Last))));

    /// <inheritdoc/>
    public Task<EntryPage> ReadLogAsync(
        OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.ReadLog, cancellationToken, () => Cut(
            Log(originator).Rows.Select(row => row.Entry).Where(entry => entry.Sequence > after && entry.Sequence <= upTo), limit));

    /// <inheritdoc/>
    public Task<EntryPage> ReadOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.ReadOriginators, cancellationToken, () => Cut(
            Filtered(filter).Where(entry => originators.Contains(entry.Originator) && entry.Sequence > after[entry.Originator]), limit, filter.PerPair));

    /// <inheritdoc/>
    public Task<EntryPage> ReadTopicsAsync(
        IReadOnlyList<TopicPosition> topics, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.ReadTopics, cancellationToken, () =>
        {
            var after = topics.ToDictionary(position => position.Topic, position => position.After);
            return Cut(
                Filtered(filter)
                    .Where(entry => entry.Servable && after.TryGetValue(entry.Topic, out var cursor) && entry.Sequence > cursor[entry.Originator]),
                limit,
                filter.PerPair);
        });

    /// <inheritdoc/>
    public Task<TailPage> ReadTopicTailAsync(Topic topic, Cursor upTo, PageLimit perLog, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.ReadTopicTail, cancellationToken, () =>
        {
            var (entries, floor) = (new List<LogEntry>(), Cursor.Empty);
            foreach (var log in Entries().Where(entry => entry.Servable && entry.Topic.Equals(topic) && entry.Sequence <= upTo[entry.Originator])
                .GroupBy(entry => entry.Originator))
            {
                var newestFirst = log.Reverse().ToList();
                var kept = Cut(newestFirst, perLog).Entries.Reverse().ToList();
                entries.AddRange(kept);
                if (kept.Count < newestFirst.Count) floor = floor.With(log.Key, newestFirst[kept.Count].Sequence);
            }

            return new TailPage(entries, floor);
        });

    /// <inheritdoc/>
    public Task<IReadOnlyList<LogEntry?>> ReadNewestAsync(
        IReadOnlyList<Topic> topics, ReadFilter filter, CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyList<LogEntry?>>(StoreCall.ReadNewest, cancellationToken, () =>
            [.. topics.Select(topic => Newest(Under(filter).Where(entry => entry.Servable && entry.Topic.Equals(topic)), filter))]);

    /// <inheritdoc/>
    public Task<LogEntry?> ReadEntryAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.ReadEntry, cancellationToken, () => Log(originator).Rows.Find(row => row.Entry.Sequence == sequence)?.Entry);

    /// <inheritdoc/>
    public Task<IReadOnlyList<InboxId?>> ReadInboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyList<InboxId?>>(StoreCall.ReadInboxIds, cancellationToken, () => [.. addresses.Select(InboxOf)]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredFingerprint>> ReadFingerprintsAsync(
        OriginatorId originator, long sinceNs, SequenceId before, int limit, CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyList<StoredFingerprint>>(StoreCall.ReadFingerprints, cancellationToken, () =>
        [
            .. Log(originator).Rows.AsEnumerable().Reverse()
                .Where(row => row.Entry.Sequence < before && row.Entry.OriginatorNs >= sinceNs && row.Fingerprint != 0)
                .Take(limit)
                .Select(row => new StoredFingerprint(row.Fingerprint, row.Entry.Sequence, row.Entry.OriginatorNs)),
        ]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<long>> ReadCongestionAsync(OriginatorId originator, long minute, CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyList<long>>(StoreCall.ReadCongestion, cancellationToken, () =>
            [.. Enumerable.Range(0, Congestion.Minutes).Select(back => Log(originator).Congestion.GetValueOrDefault(minute - back))]);

    /// <inheritdoc/>
    public Task<IReadOnlyList<UsagePeriod>?> ReadUsageAsync(EthereumAddress payer, int periodMinutes, CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyList<UsagePeriod>?>(StoreCall.ReadUsage, cancellationToken, () =>
        {
            List<UsagePeriod> periods =
            [
                .. _usage.Where(usage => usage.Key.Payer == payer)
                    .GroupBy(usage => usage.Key.Minute - (usage.Key.Minute % periodMinutes))
                    .OrderBy(period => period.Key)
                    .Select(period => new UsagePeriod(period.Key, period.Sum(usage => usage.Value.Spend), period.Sum(usage => usage.Value.Messages))),
            ];
            return periods.Count > 0 || _logs.Values.Any(log => log.Rows.Exists(row => row.Payer == payer)) ? periods : null;
        });

    /// <inheritdoc/>
    public Task<ChainCursor?> ReadChainCursorAsync(OriginatorId originator, CancellationToken cancellationToken) =>
        CallAsync(StoreCall.ReadChainCursor, cancellationToken, () => Log(originator).Cursor);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<OriginatorId, int>> ReadQueueSlotsAsync(CancellationToken cancellationToken) =>
        CallAsync<IReadOnlyDictionary<OriginatorId, int>>(StoreCall.ReadQueueSlots, cancellationToken, () =>
            _logs.Where(log => log.Value.Slot >= 0).ToDictionary(log => log.Key, log => log.Value.Slot));

    /// <inheritdoc/>
    public Task ProbeAsync(CancellationToken cancellationToken) => CallAsync(StoreCall.Probe, cancellationToken, static () => true);

    private static LogEntry? Newest(IEnumerable<LogEntry> entries, ReadFilter filter) => entries
        .Where(entry => entry.Topic.Kind == TopicKind.KeyPackages || entry.ExpirySeconds > filter.NowSeconds)
        .GroupBy(static entry => entry.Originator)
        .Select(static log => log.MaxBy(static entry => entry.Sequence)!)
        .MaxBy(static entry => (entry.Topic.Kind == TopicKind.KeyPackages ? entry.OriginatorNs : entry.ArrivalUs, entry.Originator, entry.Sequence));

    private static EntryPage Cut(IEnumerable<LogEntry> entries, PageLimit limit, int perPair = 0)
    {
        var found = entries.ToList();
        var taken = new Dictionary<(Topic, OriginatorId), int>();
        var page = new List<LogEntry>();
        var bytes = 0L;
        foreach (var entry in found)
        {
            var ofPair = taken[(entry.Topic, entry.Originator)] = taken.GetValueOrDefault((entry.Topic, entry.Originator)) + 1;
            if (perPair > 0 && ofPair > perPair) continue;
            bytes += entry.Bytes.Length;
            if (page.Count > 0 && (page.Count >= limit.Count || bytes > limit.Bytes)) break;
            page.Add(entry);
        }

        return new EntryPage(page, More: page.Count < found.Count);
    }

    private static string? Refusal(LogAppend append)
    {
        var position = append.Previous;
        foreach (var row in append.Rows)
        {
            if (row.Entry.Sequence <= position || row.Entry.Sequence > append.Last) return "positions of a commit must ascend";
            position = row.Entry.Sequence;
        }

        return append.Rejected.Any(static entry => entry.Reason is null) ? "a rejected position needs a reason" : null;
    }

#pragma warning disable CA1068 // The body of a call reads best at its end.
    private Task<T> CallAsync<T>(StoreCall call, CancellationToken cancellationToken, Func<T> run)
#pragma warning restore CA1068
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Scheduler is null
            ? RunAsync(call, run)
            : Task.Factory.StartNew(() => RunAsync(call, run), CancellationToken.None, TaskCreationOptions.DenyChildAttach, Scheduler).Unwrap();
    }

    private async Task<T> RunAsync<T>(StoreCall call, Func<T> run)
    {
        await Before(call);
        T result;
        lock (_lock) result = run();
        await After(call);
        return result;
    }

    private FakeLog Log(OriginatorId originator)
    {
        if (!_logs.TryGetValue(originator, out var log)) _logs.Add(originator, log = new FakeLog());
        return log;
    }

    private IEnumerable<LogEntry> Entries() => _logs.Values.SelectMany(log => log.Rows).Select(row => row.Entry);

    private IEnumerable<LogEntry> Under(ReadFilter filter) =>
        Entries().Where(entry => filter.UpTo is not { } upTo || entry.Sequence <= upTo[entry.Originator]);

    private IEnumerable<LogEntry> Filtered(ReadFilter filter)
    {
        var entries = Under(filter).ToList();
        var kept = entries.Where(entry => entry.Servable && entry.Topic.Kind == TopicKind.KeyPackages)
            .GroupBy(entry => entry.Topic).Select(topic => Newest(topic, filter)).ToHashSet();
        return entries.Where(entry => entry.ExpirySeconds > filter.NowSeconds || kept.Contains(entry));
    }

    private async Task WriteAfterAsync(Task flushed, LogAppend append)
    {
        await flushed;
        lock (_lock) Write(append);
    }

    private void Write(LogAppend append)
    {
        Log(append.Lease.Originator).Append(append);
        foreach (var row in append.Rows) Count(row);
    }

    private void Count(LogRow row)
    {
        var minute = UsageMinute.Of(row.Entry.OriginatorNs);
        if (row.CountsCongestion)
        {
            var congestion = Log(row.Entry.Originator).Congestion;
            congestion[minute] = congestion.GetValueOrDefault(minute) + 1;
            foreach (var old in congestion.Keys.Where(known => known < congestion.Keys.Max() - 60).ToList()) congestion.Remove(old);
        }

        if (row.CountsUsage)
        {
            var key = (row.Payer!.Value, row.Entry.Originator, minute);
            var (spend, messages) = _usage.GetValueOrDefault(key);
            _usage[key] = (checked(spend + row.FeePicodollars), messages + 1);
        }

        foreach (var change in row.Entry.AddressChanges) Apply(change);
    }

    // Compare-and-set on both sides, so that the order of application does not matter (02 §30.1).
    private void Apply(AddressChange change)
    {
        var key = (change.Address, change.Inbox);
        var known = _addresses.TryGetValue(key, out var old);
        if (change.Revoked && known && change.Sequence > old.Revoked) _addresses[key] = (old.Associated, change.Sequence);
        if (!change.Revoked && change.Sequence > old.Associated) _addresses[key] = (change.Sequence, old.Revoked);
    }

    private InboxId? InboxOf(string address) => _addresses
        .Where(pair => pair.Key.Address == address && pair.Value.Associated > pair.Value.Revoked)
        .OrderByDescending(pair => pair.Value.Associated)
        .Select(pair => (InboxId?)pair.Key.Inbox)
        .FirstOrDefault();

    private sealed class FakeLog
    {
        public long Epoch { get; set; }

        public int Slot { get; set; } = -1;

        public SequenceId Last { get; private set; }

        public long LastNs { get; private set; }

        public List<LogRow> Rows { get; } = [];

        public List<RejectedEntry> Rejected { get; } = [];

        public Dictionary<long, long> Congestion { get; } = [];

        public ChainCursor? Cursor { get; private set; }

        public void Advance(LogAppend append) => (Last, LastNs, Cursor) = (append.Last, append.LastNs, append.Cursor ?? Cursor);

        public void Append(LogAppend append)
        {
            // The same key again replaces the row: only an unfenced store gets that far.
            Rows.RemoveAll(row => append.Rows.Any(added => added.Entry.Sequence == row.Entry.Sequence));
            Rows.AddRange(append.Rows);
            Rejected.AddRange(append.Rejected);
        }
    }
}
