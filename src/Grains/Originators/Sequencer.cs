using Microsoft.Extensions.Logging;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Grains.Originators;

/// <summary>
/// Orders, prices, signs and stores what payers publish to this node. Callers meet in a queue; one loop takes what came, stamps and signs it
/// while the batch before it commits, and commits one batch after the other. What is signed is shown to nobody before its commit; when a
/// commit fails, all that follows is thrown away unseen and the activation ends.
/// </summary>
/// <remarks>Every member runs on its owner's turn; between awaits nothing else changes its state.</remarks>
internal sealed partial class Sequencer
{
    private const int DuplicateReadSeconds = 5; // as much at once

    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(5);

    private readonly OriginatorId _originator;
    private readonly IEnvelopeStore _store;
    private readonly ISigner _signer;
    private readonly IRates _rates;
    private readonly SequencerOptions _options;
    private readonly SequencerMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly TimeProvider _uptime;
    private readonly Random _random;
    private readonly ILogger _logger;
    private readonly LogRing _ring;
    private readonly PayerLimits _limits;
    private readonly PayerLimits _duplicateReads;
    private readonly Queue<PendingPublish> _queue = [];
    private readonly Wakeup _wakeup; // of the loop: something came, or a commit ended
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private Task<AppendOutcome> _commit = Task.FromResult(AppendOutcome.Committed);
    private Task _loading = Task.CompletedTask;
    private SequencerTerm? _term;
    private SequencerBatch? _committing; // the loop writes both
    private SequencerBatch? _sealing;
    private int _openEnvelopes;
    private long _openBytes;
    private bool _isClockWrong;
    private bool _isRefusing;
    private bool _isStoreLate;
    private bool _isClosed;

    /// <summary>A sequencer that has not touched the store; the first append takes the lease.</summary>
    /// <param name="originator">Whose log it is.</param>
    /// <param name="store">Where the log is.</param>
    /// <param name="signer">Signs envelopes.</param>
    /// <param name="rates">What envelopes cost.</param>
    /// <param name="options">Limits and tolerances.</param>
    /// <param name="metrics">Counts.</param>
    /// <param name="clock">The time of day, and timers.</param>
    /// <param name="uptime">Timestamps that go on while the machine sleeps: what the time of day is compared with.</param>
    /// <param name="random">Spreads pauses.</param>
    /// <param name="logger">Told what an operator has to know.</param>
    public Sequencer(
        OriginatorId originator,
        IEnvelopeStore store,
        ISigner signer,
        IRates rates,
        SequencerOptions options,
        SequencerMetrics metrics,
        TimeProvider clock,
        TimeProvider uptime,
        Random random,
        ILogger logger)
    {
        (_originator, _store, _signer, _rates, _options) = (originator, store, signer, rates, options);
        (_metrics, _clock, _uptime, _random, _logger) = (metrics, clock, uptime, random, logger);
        _wakeup = new Wakeup(clock);
        _ring = new LogRing(clock, options.RingBatches, options.RingBytes);
        _limits = new PayerLimits(clock, options.PayerEnvelopesPerSecond, options.PayerBurst, options.MaxLimitedPayers);
        _duplicateReads = new PayerLimits(
            clock, options.DuplicateReadsPerSecond, options.DuplicateReadsPerSecond * DuplicateReadSeconds, options.MaxLimitedPayers);
    }

    /// <summary>Completes when the activation must go; after a fence only when the log may be taken back.</summary>
    public Task Ended => _ended.Task;

    /// <summary>The log's mark as this activation committed it; zero before its first append.</summary>
    public SequenceId Head => _ring.Head;

    /// <summary>See <see cref="ISequencerGrain.AppendAsync"/>.</summary>
    public Task<AppendReply> AppendAsync(PublishBatch batch)
    {
        if (batch.Requests.Length == 0) return Task.FromResult(new AppendReply { Outcomes = [] });
        var call = new PendingCall(batch.Requests.Length, batch.Patience, _clock);
        for (var at = 0; at < batch.Requests.Length; at++)
        {
            Enqueue(new PendingPublish(call, at, batch.Requests[at]));
        }

        _wakeup.Set();
        if (_queue.Count > 0 && _loop.IsCompleted) _loop = RunAsync();
        return call.Reply;
    }

    /// <summary>See <see cref="IOriginatorLog.ReadAsync"/>.</summary>
    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) => _ring.ReadAsync(after, maxBytes, wait);

    /// <summary>Answers all reads, now and later: this activation will end.</summary>
    public void ReleaseReaders() => _ring.End();

    /// <summary>Takes no more, answers what was taken, and releases all readers.</summary>
    public async Task DrainAsync()
    {
        _isRefusing = true;
        await _loop;
        Close();
        await _loading;
        _ended.TrySetResult();
    }

    /// <summary>Takes no more, waits for nothing, and sends everybody on to the next activation, which takes the lease: nobody knows what becomes of what is in
    /// flight, and nothing of it is shown.</summary>
    public void Abandon()
    {
        Close();
        _ended.TrySetResult();
    }

    private void Enqueue(PendingPublish publish)
    {
        var count = publish.Request.Entries.Length;
        _openEnvelopes += count;
        _openBytes += publish.Bytes;
        _metrics.Opened(count);
        var isAlone = _openEnvelopes == count;
        if (_isRefusing) Leave(publish);
        else if (_isStoreLate) Refuse(publish, StorePause);
        else if (isAlone || (_openEnvelopes <= _options.MaxOpenEnvelopes && _openBytes <= _options.MaxOpenBytes)) _queue.Enqueue(publish);
        else Refuse(publish, FullPause);
    }

    private async Task RunAsync()
    {
        var outcome = AppendOutcome.Committed;
        try
        {
            // What came while the loop was on its way out found it running.
            do outcome = await DrainQueueAsync();
            while (outcome == AppendOutcome.Committed && _queue.Count > 0);
            if (outcome == AppendOutcome.Committed) return;
        }
#pragma warning disable CA1031 // The top of the loop: whatever failed, the callers must be told and the activation must go.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            if (failure is StoreException) Log.CommitUnknown(_logger, failure, _originator);
            else Log.Failed(_logger, failure, _originator);
            if (failure is not StoreException { IsTransient: true }) BlameBatch();
        }

        await Task.WhenAny(_commit);
        Close();
        if (outcome == AppendOutcome.Fenced)
        {
            // The other activation should get something done before this log is taken back.
            var spread = _options.FencedPauseMax - _options.FencedPauseMin;
            await Task.Delay(_options.FencedPauseMin + (spread * _random.NextDouble()), _clock, CancellationToken.None);
        }

        _ended.TrySetResult();
    }

    // Runs while there is something to do. An exception leaves it only when nobody knows what the store holds, or on a bug.
    private async Task<AppendOutcome> DrainQueueAsync()
    {
        while (true)
        {
            if (_queue.Count == 0)
            {
                if (_commit.IsCompleted) return await _commit;
                await _wakeup.WaitAsync(Timeout.InfiniteTimeSpan);
                continue;
            }

            if (_term is null && (!await TryOpenAsync() || _queue.Count == 0)) continue;
            var batch = _sealing = TakeBatch();
            if (batch.Publishes.Count == 0) continue;
            await _term!.History.FindAsync(batch, _committing, _ring, _term.TimeAt(_clock.GetUtcNow()));
            Stamp(batch);
            var signing = SignAsync(batch);
            if (await _commit != AppendOutcome.Committed) return AppendOutcome.Fenced; // what was signed meanwhile is never shown
            await signing;
            if (_isClosed) return AppendOutcome.Committed; // abandoned: its publishes are asked of another one
            (_committing, _sealing) = (batch, null);
            _commit = CommitAndWakeAsync(batch);
        }
    }

    private async Task<bool> TryOpenAsync()
    {
        try
        {
            var asked = _uptime.GetTimestamp();
            var lease = await WithPatienceAsync(_store.TakeLeaseAsync(_originator, CancellationToken.None));
            var minute = UsageMinute.Of(Math.Max(ClockGuard.Nanoseconds(_clock.GetUtcNow()), lease.LastNs + 1_000));
            var counts = await WithPatienceAsync(_store.ReadCongestionAsync(_originator, minute, CancellationToken.None));
            var history = new PublishHistory(_store, lease, _options, _duplicateReads, _metrics, _clock, _logger);
            while (await WithPatienceAsync(history.LoadRecentPageAsync()))
            {
            }

            var guard = new ClockGuard(_uptime, _options, asked, lease.StoreTime);
            _term = new SequencerTerm(lease, history, new CongestionWindow(minute, counts), guard, _limits, _rates);
            _ring.Open(lease.Last);
            _loading = history.LoadOlderAsync();
            Log.LeaseTaken(_logger, _originator, lease.Epoch, lease.Last);
            return true;
        }
        catch (StoreException failure)
        {
            Log.LeaseFailed(_logger, failure, _originator);
            while (_queue.TryDequeue(out var publish)) Refuse(publish, StorePause);
            return false;
        }
    }

    private SequencerBatch TakeBatch()
    {
        var publishes = new List<PendingPublish>();
        var (count, bytes) = (0, 0L);
        while (_queue.TryPeek(out var publish))
        {
            if (publish.IsTooLate)
            {
                Leave(_queue.Dequeue());
                continue;
            }

            count += publish.Request.Entries.Length;
            bytes += publish.Bytes;
            if (publishes.Count > 0 && (count > _options.MaxBatchEnvelopes || bytes > _options.MaxBatchBytes)) break;
            publishes.Add(_queue.Dequeue());
        }

        return new SequencerBatch(publishes);
    }

    private void Stamp(SequencerBatch batch)
    {
        var deviation = _term!.Stamp(batch, _clock.GetUtcNow());
        var isClockWrong = deviation != TimeSpan.Zero;
        if (isClockWrong == _isClockWrong) return;
        _isClockWrong = isClockWrong;
        _metrics.ClockDeviation(deviation);
        if (isClockWrong) Log.ClockOutOfRange(_logger, _originator, deviation);
        else Log.ClockBackInRange(_logger, _originator);
    }

    private async Task SignAsync(SequencerBatch batch)
    {
        if (batch.Rows.Count == 0) return;
        var started = _clock.GetTimestamp();
        var unsigned = new byte[batch.Rows.Count][];
        for (var at = 0; at < unsigned.Length; at++) unsigned[at] = batch.Rows[at].Unsigned;
        var signatures = await _signer.SignAsync(unsigned);
        for (var at = 0; at < unsigned.Length; at++) batch.Rows[at].Signed = EnvelopeEncoder.Signed(unsigned[at], signatures[at]);
        _metrics.Signed(_clock.GetElapsedTime(started));
    }

    private async Task<AppendOutcome> CommitAndWakeAsync(SequencerBatch batch)
    {
        try
        {
            return await CommitAsync(batch);
        }
        finally
        {
            _wakeup.Set();
        }
    }

    // Durable, then visible, then answered.
    private async Task<AppendOutcome> CommitAsync(SequencerBatch batch)
    {
        if (batch.Rows.Count > 0)
        {
            var started = _clock.GetTimestamp();
            var rows = new LogRow[batch.Rows.Count];
            for (var at = 0; at < rows.Length; at++) rows[at] = batch.Rows[at].ToRow(_originator);
            var last = rows[^1].Entry;
            var append = new LogAppend
            {
                Lease = _term!.Lease,
                Previous = batch.Previous,
                Last = last.Sequence,
                LastNs = last.OriginatorNs,
                Rows = rows,
            };
            if (await WithPatienceAsync(_store.AppendAsync(append)) != AppendOutcome.Committed)
            {
                Log.Fenced(_logger, _originator, append.Lease.Epoch);
                return AppendOutcome.Fenced;
            }

            _metrics.Committed(rows.Length, _clock.GetElapsedTime(started));
            _ring.Add(new FeedBatch { Previous = batch.Previous, Last = last.Sequence, Entries = Array.ConvertAll(rows, static row => row.Entry) });
        }

        var entries = 0;
        foreach (var publish in batch.Publishes)
        {
            if (!publish.IsAnswered) publish.Accept();
            if (publish.Status == PublishStatus.Accepted) entries += publish.Request.Entries.Length;
            Release(publish);
        }

        _metrics.Duplicates(entries - batch.Rows.Count);
        _committing = null;
        return AppendOutcome.Committed;
    }

    // No store that is away explains the failure, so what was in the batch may. Whoever asks again should ask for one request at a time.
    private void BlameBatch()
    {
        foreach (var publish in ((_commit.IsFaulted ? _committing : _sealing)?.Publishes ?? []).Where(static publish => !publish.IsAnswered))
        {
            publish.MarkEnding();
            publish.Refuse(PublishStatus.Failed, FailurePause);
            Release(publish);
        }
    }

    // Nothing that is still open will be answered by this activation.
    private void Close()
    {
        _isRefusing = true;
        if (_isClosed) return;
        _isClosed = true;
        _term?.History.Close();
        foreach (var publish in (_committing?.Publishes ?? []).Concat(_sealing?.Publishes ?? []).Concat(_queue))
        {
            Leave(publish);
        }

        (_committing, _sealing) = (null, null);
        _queue.Clear();
        _ring.End();
    }

    // To be asked again, by whoever still wants to know; mostly of the next activation.
    private void Leave(PendingPublish publish)
    {
        if (!publish.IsAnswered) publish.MarkEnding();
        Refuse(publish, FullPause);
    }

    private void Refuse(PendingPublish publish, TimeSpan retryAfter)
    {
        publish.Refuse(PublishStatus.Unavailable, retryAfter);
        Release(publish);
    }

    private void Release(PendingPublish publish)
    {
        if (!publish.TryRelease()) return;
        _openEnvelopes -= publish.Request.Entries.Length;
        _openBytes -= publish.Bytes;
        _metrics.Opened(-publish.Request.Entries.Length);
        _metrics.Ended(publish.Status!.Value);
    }
}
