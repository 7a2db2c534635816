using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Tests.Contract;

/// <summary>Appends rows to one log as its owner would, and keeps what it appended.</summary>
public sealed class LogWriter
{
    private readonly IEnvelopeStore _store;
    private readonly List<LogEntry> _entries = [];

    private LogWriter(IEnvelopeStore store, Lease lease)
    {
        (_store, Lease, Last, LastNs) = (store, lease, lease.Last, Math.Max(lease.LastNs, FirstNs));
    }

    /// <summary>2026-11-24 12:00:00, on a minute.</summary>
    public static long FirstNs { get; } = 1_795_521_600L * 1_000_000_000;

    public Lease Lease { get; }

    public SequenceId Last { get; private set; }

    public long LastNs { get; private set; }

    public IReadOnlyList<LogEntry> Entries => _entries;

    public static async Task<LogWriter> TakeAsync(IEnvelopeStore store, uint originator) =>
        new(store, await store.TakeLeaseAsync(new OriginatorId(originator), TestContext.Current.CancellationToken));

    /// <summary>A row after the last one appended, plus an offset.</summary>
    public LogRow Row(
        Topic topic,
        int offset = 1,
        long expirySeconds = LogEntry.NeverExpires,
        bool servable = true,
        long? originatorNs = null,
        long? arrivalUs = null,
        EthereumAddress? payer = null,
        long fee = 0,
        bool countsUsage = false,
        bool countsCongestion = false,
        long fingerprint = 0,
        byte[]? bytes = null,
        AddressChange[]? addressChanges = null)
    {
        var sequence = new SequenceId(Last.Value + (ulong)offset);
        var ns = originatorNs ?? LastNs + (offset * 1_000);
        return new LogRow
        {
            Entry = new LogEntry
            {
                Originator = Lease.Originator,
                Sequence = sequence,
                OriginatorNs = ns,
                ArrivalUs = arrivalUs ?? ns / 1_000,
                ExpirySeconds = expirySeconds,
                Topic = topic,
                Bytes = bytes ?? BitConverter.GetBytes(sequence.Value),
                Servable = servable,
                AddressChanges = addressChanges ?? [],
            },
            Payer = payer,
            Fingerprint = fingerprint,
            FeePicodollars = fee,
            CountsUsage = countsUsage,
            CountsCongestion = countsCongestion,
        };
    }

    public LogAppend Commit(params IReadOnlyList<LogRow> rows) => new()
    {
        Lease = Lease,
        Previous = Last,
        Last = rows.Count == 0 ? Last : rows[^1].Entry.Sequence,
        LastNs = rows.Count == 0 ? LastNs : rows[^1].Entry.OriginatorNs,
        Rows = rows,
    };

    public Task<AppendOutcome> AppendAsync(params IReadOnlyList<LogRow> rows) => AppendAsync(Commit(rows));

    public async Task<AppendOutcome> AppendAsync(LogAppend append)
    {
        var outcome = await _store.AppendAsync(append);
        if (outcome == AppendOutcome.Committed)
        {
            (Last, LastNs) = (append.Last, append.LastNs);
            _entries.AddRange(append.Rows.Select(row => row.Entry));
        }

        return outcome;
    }

    /// <summary>One commit with one row for each topic.</summary>
    public Task<AppendOutcome> AppendTopicsAsync(params IReadOnlyList<Topic> topics) =>
        AppendAsync([.. topics.Select((topic, index) => Row(topic, index + 1))]);
}
