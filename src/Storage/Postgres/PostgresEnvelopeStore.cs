using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Postgres;

/// <summary>The store of a node of one process or many.</summary>
internal sealed class PostgresEnvelopeStore(PostgresDatabase database) : IEnvelopeStore
{
    public Task<Lease> TakeLeaseAsync(OriginatorId originator, CancellationToken cancellationToken) => database.CallAsync(
        async () =>
        {
            var lease = await database.Leases.TakeAsync(originator, database.FingerprintKey);
            await database.Bands.EnsureAsync(originator, lease.Last.Next(), lease.Last.Next());
            return lease;
        },
        cancellationToken);

    public async Task<AppendOutcome> AppendAsync(LogAppend append)
    {
        var totals = AppendTotals.Of(append);
        if (append.Rows.Count > 0)
        {
            var (first, last) = (append.Rows[0].Entry, append.Rows[^1].Entry);
            if (!database.Bands.AreReady(first.Originator, first.Sequence, last.Sequence))
            {
                await database.Bands.EnsureAsync(first.Originator, first.Sequence, last.Sequence);
            }
        }

        // Nobody stops waiting for it early: whoever does not know whether it is stored must end, and the time limit of a commit is soon over.
        var outcome = await database.Pulse.WaitToEndAsync(() => PostgresCalls.GuardAsync(async () =>
        {
            await using var command = database.Writer.CreateCommand();
            return await PostgresAppends.AppendAsync(command, append, totals);
        }));
        if (outcome == AppendOutcome.Committed) database.Upkeep.AfterCommit(append);
        return outcome;
    }

    // Nobody stops waiting for it: that would cost each reader more than the read, which ends by itself, and soon.
    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<Cursor>(cancellationToken) : new(database.ReadMarksAsync());

    public Task<EntryPage> ReadLogAsync(
        OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit, CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresReads.LogAsync(database.Reader, originator, after, upTo, limit), cancellationToken);

    public Task<EntryPage> ReadOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken) =>
        database.CallAsync(
            async () => await PostgresReads.OriginatorsAsync(
                database.Reader, originators, after, await CeilingAsync(filter), filter, limit, database.Expired, cancellationToken),
            cancellationToken);

    public Task<EntryPage> ReadTopicsAsync(
        IReadOnlyList<TopicPosition> topics, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken) =>
        database.CallAsync(
            async () => await PostgresTopicReads.TopicsAsync(database.Reader, topics, await CeilingAsync(filter), filter, limit),
            cancellationToken);

    public Task<TailPage> ReadTopicTailAsync(Topic topic, Cursor upTo, PageLimit perLog, CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresTopicReads.TailAsync(database.Reader, topic, upTo, perLog), cancellationToken);

    public Task<IReadOnlyList<LogEntry?>> ReadNewestAsync(
        IReadOnlyList<Topic> topics, ReadFilter filter, CancellationToken cancellationToken) =>
        database.CallAsync<IReadOnlyList<LogEntry?>>(
            async () => await PostgresTopicReads.NewestAsync(database.Reader, topics, await CeilingAsync(filter), filter),
                cancellationToken);

    public Task<LogEntry?> ReadEntryAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresReads.EntryAsync(database.Reader, originator, sequence), cancellationToken);

    public Task<IReadOnlyList<InboxId?>> ReadInboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresAccounts.InboxIdsAsync(database.Reader, addresses), cancellationToken);

    public Task<IReadOnlyList<StoredFingerprint>> ReadFingerprintsAsync(
        OriginatorId originator, long sinceNs, SequenceId before, int limit, CancellationToken cancellationToken) =>
        database.CallAsync(
            () => PostgresAccounts.FingerprintsAsync(database.Reader, originator, sinceNs, before, limit), cancellationToken);

    public Task<IReadOnlyList<long>> ReadCongestionAsync(OriginatorId originator, long minute, CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresAccounts.CongestionAsync(database.Reader, originator, minute), cancellationToken);

    public Task<IReadOnlyList<UsagePeriod>?> ReadUsageAsync(EthereumAddress payer, int periodMinutes,
        CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresAccounts.UsageAsync(database.Reader, payer, periodMinutes), cancellationToken);

    public Task<ChainCursor?> ReadChainCursorAsync(OriginatorId originator, CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresAccounts.ChainCursorAsync(database.Reader, originator), cancellationToken);

    public Task<IReadOnlyDictionary<OriginatorId, int>> ReadQueueSlotsAsync(CancellationToken cancellationToken) =>
        database.CallAsync(() => PostgresAccounts.QueueSlotsAsync(database.Reader), cancellationToken);

    public Task ProbeAsync(CancellationToken cancellationToken) => database.CallAsync(
        async () =>
        {
            await using var command = database.Writer.CreateCommand(SharedSql.Probe);
            return await command.ExecuteNonQueryAsync(CancellationToken.None);
        },
        cancellationToken);

    // The marks of now where the caller set no ceiling: also the list of logs that are asked.
    private async Task<Cursor> CeilingAsync(ReadFilter filter) => filter.UpTo ?? await database.ReadMarksAsync();
}
