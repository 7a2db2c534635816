using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>The store of a node that runs in one process.</summary>
internal sealed class SqliteEnvelopeStore(SqliteDatabase database) : IEnvelopeStore
{
    public Task<Lease> TakeLeaseAsync(OriginatorId originator, CancellationToken cancellationToken) => database.Writer
        .WriteAsync(session => SqliteAppends.TakeLease(session, originator, database.Clock.GetUtcNow(), database.FingerprintKey))
        .WaitAsync(cancellationToken);

    public async Task<AppendOutcome> AppendAsync(LogAppend append)
    {
        var totals = AppendTotals.Of(append);
        return await database.Writer.WriteAsync(
            session => SqliteAppends.Append(session, append, totals),
            outcome =>
            {
                if (outcome == AppendOutcome.Committed) database.Advance(append.Lease.Originator, append.Last);
            });
    }

    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) => new(database.Marks);

    public Task<EntryPage> ReadLogAsync(
        OriginatorId originator, SequenceId after, SequenceId upTo, PageLimit limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => SqliteReads.Log(session, originator, after, upTo, limit), cancellationToken);

    public async Task<EntryPage> ReadOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken)
    {
        var scan = new SqliteLogScan(originators, after, database.Marks, filter, limit, database.Expired);
        while (!await database.Readers.ReadAsync(session => session.Snapshot(_ => scan.Continue(session)), cancellationToken))
        {
        }

        return scan.Page;
    }

    public Task<EntryPage> ReadTopicsAsync(
        IReadOnlyList<TopicPosition> topics, ReadFilter filter, PageLimit limit, CancellationToken cancellationToken)
    {
        var marks = database.Marks;
        return database.Readers.ReadAsync(
            session => session.Snapshot(_ => SqliteReads.Topics(session, topics, marks, filter, limit)), cancellationToken);
    }

    public Task<TailPage> ReadTopicTailAsync(Topic topic, Cursor upTo, PageLimit perLog, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => session.Snapshot(_ => SqliteReads.Tail(session, topic, upTo, perLog)), cancellationToken);

    public Task<IReadOnlyList<LogEntry?>> ReadNewestAsync(
        IReadOnlyList<Topic> topics, ReadFilter filter, CancellationToken cancellationToken)
    {
        var marks = database.Marks;
        return database.Readers.ReadAsync<IReadOnlyList<LogEntry?>>(
            session => session.Snapshot(_ => SqliteReads.Newest(session, topics, marks, filter)), cancellationToken);
    }

    public Task<LogEntry?> ReadEntryAsync(OriginatorId originator, SequenceId sequence, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => SqliteReads.ByKey(session, originator, sequence), cancellationToken);

    public Task<IReadOnlyList<InboxId?>> ReadInboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => session.Snapshot(_ => SqliteAccounts.InboxIds(session, addresses)), cancellationToken);

    public Task<IReadOnlyList<StoredFingerprint>> ReadFingerprintsAsync(
        OriginatorId originator, long sinceNs, SequenceId before, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => SqliteAccounts.Fingerprints(session, originator, sinceNs, before, limit), cancellationToken);

    public Task<IReadOnlyList<long>> ReadCongestionAsync(OriginatorId originator, long minute, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => SqliteAccounts.Congestion(session, originator, minute), cancellationToken);

    public Task<IReadOnlyList<UsagePeriod>?> ReadUsageAsync(EthereumAddress payer, int periodMinutes,
        CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => SqliteAccounts.Usage(session, payer, periodMinutes), cancellationToken);

    public Task<ChainCursor?> ReadChainCursorAsync(OriginatorId originator, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(session => SqliteAccounts.ChainCursor(session, originator), cancellationToken);

    public Task<IReadOnlyDictionary<OriginatorId, int>> ReadQueueSlotsAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(SqliteAccounts.QueueSlots, cancellationToken);

    public Task ProbeAsync(CancellationToken cancellationToken) => database.Writer
        .WriteAsync(session =>
        {
            session.Execute(SharedSql.Probe);
            return true;
        })
        .WaitAsync(cancellationToken);
}
