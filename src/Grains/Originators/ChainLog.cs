using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Originators;

/// <summary>
/// Keeps what one contract of the chain orders: follows its events, judges them, and commits what may be served, what is rejected, the address
/// log and how far it read as one. An identity update that cannot be judged yet holds the log at its place.
/// </summary>
/// <remarks>Every member runs on its owner's turn; between awaits nothing else changes its state.</remarks>
internal sealed partial class ChainLog
{
    private readonly ChainContract _contract;
    private readonly OriginatorId _originator;
    private readonly IEnvelopeStore _store;
    private readonly IAppChain _chain;
    private readonly IInboxValidator _inboxes;
    private readonly Admission _admission;
    private readonly ChainLogOptions _options;
    private readonly ChainLogMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _uptime; // goes on while the machine sleeps
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly LogRing _ring;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private Action _stop = static () => { };
    private bool _isClosed;
    private Lease? _lease;
    private ChainCursor? _cursor;
    private bool _isCursorRead;
    private SequenceId _last; // of the log under the lease, like the rest
    private long _lastNs;
    private long _lastArrivalUs;
    private long _leaseAsked;
    private long _leaseTaken;

    /// <summary>A log that follows nothing yet.</summary>
    public ChainLog(
        ChainContract contract,
        IEnvelopeStore store,
        IAppChain chain,
        IInboxValidator inboxes,
        Admission admission,
        ChainLogOptions options,
        ChainLogMetrics metrics,
        TimeProvider clock,
        TimeProvider uptime,
        Random random,
        ILogger logger)
    {
        (_contract, _originator) = (contract, new OriginatorId((uint)contract));
        (_store, _chain, _inboxes, _admission, _options) = (store, chain, inboxes, admission, options);
        (_metrics, _clock, _uptime, _random, _logger) = (metrics, clock, uptime, random, logger);
        _ring = new LogRing(clock, options.RingBatches, options.RingBytes);
    }

    /// <summary>Completes when the activation must go; after a fence only when the log may be taken back.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The log's mark as this activation committed it; zero before its first append.</summary>
    public SequenceId Head => _ring.Head;

    /// <summary>See <see cref="IOriginatorLog.ReadAsync"/>.</summary>
    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) => _ring.ReadAsync(after, maxBytes, wait);

    /// <summary>Starts following, unless it does already or is ending.</summary>
    public void Follow()
    {
        if (_loop.IsCompleted && !_isClosed) _loop = RunAsync();
    }

    /// <summary>Answers all reads, now and later: this activation will end.</summary>
    public void ReleaseReaders() => _ring.End();

    /// <summary>Finishes the commit in flight, follows no more, and releases all readers.</summary>
    public async Task DrainAsync()
    {
        Close();
        await _loop;
        _ended.TrySetResult();
    }

    private async Task RunAsync()
    {
        var outcome = AppendOutcome.Committed;
        using var lifetime = new CancellationTokenSource();
        _stop = lifetime.Cancel;
        try
        {
            outcome = await FollowAsync(lifetime.Token);
        }
#pragma warning disable CA1031 // The top of the loop: whatever failed, the activation must go.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (failure is StoreException) Log.CommitUnknown(_logger, failure, _originator);
            else Log.Failed(_logger, failure, _originator);
        }

        _stop = static () => { };
        Close();
        if (outcome == AppendOutcome.Fenced)
        {
            // The other activation should get something done before this log is taken back.
            var spread = _options.FencedPauseMax - _options.FencedPauseMin;
            await Task.Delay(_options.FencedPauseMin + (spread * _random.NextDouble()), _clock, CancellationToken.None);
        }

        _ended.TrySetResult();
    }

    // Until it is stopped. An exception leaves it only when nobody knows what the store holds, or on a bug.
    private async Task<AppendOutcome> FollowAsync(CancellationToken lifetime)
    {
        while (!lifetime.IsCancellationRequested)
        {
            var rows = await TryReadAsync(lifetime);
            if (rows is null)
            {
                await PauseAsync(lifetime);
                continue;
            }

            var decided = rows.TakeWhile(static row => row.Verdict?.Status != InboxVerdictStatus.Undecided).ToList();
            if (decided.Count > 0 && !await CommitAsync(decided)) return AppendOutcome.Fenced;
            if (decided.Count < rows.Count)
            {
                Log.Undecided(_logger, _originator, rows[decided.Count].Source.Sequence, rows[decided.Count].Verdict!.Reason);
                _metrics.Undecided();
                await PauseAsync(lifetime);
            }
        }

        return AppendOutcome.Committed;
    }

    // The next events, judged; null when the chain or the store is away.
    private async Task<List<ChainEventRow>?> TryReadAsync(CancellationToken lifetime)
    {
        try
        {
            if (!_isCursorRead) await ReadCursorAsync(lifetime);
            var events = await _chain.ReadEventsAsync(_contract, _cursor, _options.MaxEvents, _options.ReadWait, lifetime);
            if (events.Count > 0 && _lease is null)
            {
                // Only what has something to append takes the log; and another activation may have been further.
                await TakeLeaseAsync();
            }

            return await JudgeAsync([.. events.Where(source => source.Sequence > _last)], lifetime);
        }
        catch (StoreException failure)
        {
            Log.Unread(_logger, failure, _originator);
            return null;
        }
        catch (OperationCanceledException) when (lifetime.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task ReadCursorAsync(CancellationToken lifetime)
    {
        _cursor = await _store.ReadChainCursorAsync(_originator, lifetime);
        _isCursorRead = true;
    }

    private async Task TakeLeaseAsync()
    {
        _leaseAsked = _uptime.GetTimestamp();
        var lease = await _store.TakeLeaseAsync(_originator, CancellationToken.None);
        _leaseTaken = _uptime.GetTimestamp();
        await ReadCursorAsync(CancellationToken.None);
        (_lease, _last, _lastNs) = (lease, lease.Last, lease.LastNs);
        _ring.Open(lease.Last);
        Log.LeaseTaken(_logger, _originator, lease.Epoch, lease.Last);
    }

    private async Task<List<ChainEventRow>> JudgeAsync(List<ChainEvent> events, CancellationToken lifetime)
    {
        var rows = new List<ChainEventRow>(events.Count);
        var previousNs = _lastNs;
        foreach (var source in events)
        {
            previousNs = Math.Max(source.BlockTimeNs + source.LogIndex, previousNs + 1);
            var row = new ChainEventRow(source, previousNs);
            row.Judge(_admission);
            rows.Add(row);
        }

        if (_contract == ChainContract.IdentityUpdates) await AskInboxesAsync(rows, lifetime);
        return rows;
    }

    // Each inbox judges its updates as a chain, from the state after its last stored one.
    private async Task AskInboxesAsync(List<ChainEventRow> rows, CancellationToken lifetime)
    {
        var inboxes = rows.Where(static row => row.Rejection is null).GroupBy(static row => row.Topic!).ToList();
        await Task.WhenAll(inboxes.ConvertAll(inbox => AskInboxAsync(inbox.Key, [.. inbox], lifetime)));
    }

    private async Task AskInboxAsync(Topic topic, ChainEventRow[] rows, CancellationToken lifetime)
    {
        // The last by position: the order of arrival is of the appenders' clocks, and those may have disagreed.
        var stored = await _store.ReadTopicTailAsync(topic, Cursor.Of(_originator, _last), new PageLimit(Count: 1, Bytes: 1), lifetime);
        var updates = new InboxUpdates
        {
            After = stored.Entries.Count == 0 ? default : stored.Entries[^1].Sequence,
            Updates = Array.ConvertAll(rows, static row => new InboxUpdate { Sequence = row.Source.Sequence, ClientEnvelope = row.Source.Payload }),
        };
        var answer = await _inboxes.ValidateAsync(InboxId.FromBytes(topic.Identifier), updates, lifetime);
        for (var at = 0; at < rows.Length; at++)
        {
            rows[at].Judge(answer.Verdicts[at]);
        }
    }

    // Durable, then visible.
    private async Task<bool> CommitAsync(List<ChainEventRow> decided)
    {
        var arrivalUs = Math.Max(ClockGuard.Nanoseconds(ArrivalTime()) / 1_000, _lastArrivalUs + 1);
        var rows = decided.Where(static row => row.Rejection is null).Select((row, at) => row.ToRow(_originator, arrivalUs + at)).ToList();
        var last = decided[^1];
        var append = new LogAppend
        {
            Lease = _lease!,
            Previous = _last,
            Last = last.Source.Sequence,
            LastNs = last.OriginatorNs,
            Rows = rows,
            Rejected = [.. decided.Where(static row => row.Rejection is not null).Select(Reject)],
            Cursor = new ChainCursor(last.Source.Block, last.Source.BlockHash, last.Source.Sequence),
        };
        if (await _store.AppendAsync(append) != AppendOutcome.Committed)
        {
            Log.Fenced(_logger, _originator, append.Lease.Epoch);
            return false;
        }

        (_last, _lastNs, _lastArrivalUs, _cursor) = (append.Last, append.LastNs, arrivalUs + rows.Count, append.Cursor);
        _ring.Add(new FeedBatch { Previous = append.Previous, Last = append.Last, Entries = [.. rows.Select(static row => row.Entry)] });
        _metrics.Committed(_originator, rows.Count, append.Last);
        return true;
    }

    // This process's clock, as the sequencer's: whoever publishes a message once its commit is answered must not find the message the older of the two
    // (clients skip a group whose newest envelope they have). The store's clock bounds it where this machine's is wrong; the lease says that one only
    // to within the time it took.
    private DateTimeOffset ArrivalTime()
    {
        var earliest = _lease!.StoreTime + _uptime.GetElapsedTime(_leaseTaken);
        var latest = _lease.StoreTime + _uptime.GetElapsedTime(_leaseAsked);
        var now = _clock.GetUtcNow();
        return now < earliest ? earliest : now > latest ? latest : now;
    }

    private RejectedEntry Reject(ChainEventRow row)
    {
        Log.Rejected(_logger, _originator, row.Source.Sequence, row.Rejection!);
        _metrics.Rejected(_originator, row.Rule);
        return new RejectedEntry(
            row.Source.Sequence, row.Rejection!, row.Source.Payload.Length <= _options.MaxRejectedBytes ? row.Source.Payload : []);
    }

    private async Task PauseAsync(CancellationToken lifetime)
    {
        try
        {
            await Task.Delay(_options.RetryPause, _clock, lifetime);
        }
        catch (OperationCanceledException)
        {
            // The loop looks at the token.
        }
    }

    private void Close()
    {
        _isClosed = true;
        _stop();
        _ring.End();
    }
}
