using System.Threading.Tasks.Sources;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>One reader's stream: history up to a ceiling, then what the hub offers; back to history when the reader is too slow for that.</summary>
/// <remarks>The hub writes under its own lock, one reader reads; what both touch is guarded by <c>_gate</c>. A waiting read is the stream
/// itself (<see cref="IValueTaskSource{TResult}"/>), so neither a wait nor a delivery allocates.</remarks>
internal sealed class FeedStream : IFeedStream, IValueTaskSource<FeedStreamBatch>
{
    private const int MergeFrom = 4; // commits waiting from which on they are handed out together

    private readonly FeedHub _hub;
    private readonly FeedScope _scope;
    private readonly Lock _gate = new();

    // Guarded by _gate.
    private SliceQueue _slices;
    private bool _lapsed;
    private bool _lost;
    private bool _waits;
    private ManualResetValueTaskSourceCore<bool> _wait;

    // The reader's own.
    private Phase _phase;
    private bool _caughtUp;
    private PositionMap _position;
    private Cursor _ceiling = Cursor.Empty;
    private long _held;
    private long _lastAnswer;
    private long _idleAfter;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;

    public FeedStream(FeedHub hub, FeedScope scope)
    {
        (_hub, _scope) = (hub, scope);
        _position = new PositionMap(Cursor.Empty);
        _lastAnswer = hub.CoarseNow;
        _scope.Register(hub, this);
    }

    /// <summary>Where the hub stood when this stream got its last registration; <see langword="null"/> before the hub started. Written under the hub's lock.</summary>
    public Cursor? RegisteredAt { get; set; }

    /// <summary>Index in the hub's list of streams; negative when not there. Written under the hub's lock.</summary>
    public int HubIndex { get; set; } = -1;

    /// <summary>Deliveries waiting for the reader.</summary>
    public int Backlog
    {
        get
        {
            lock (_gate)
            {
                return _slices.Count;
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask<FeedStreamBatch> ReadAsync(TimeSpan idleAfter, CancellationToken cancellationToken)
    {
        GiveBack();
        _idleAfter = idleAfter < TimeSpan.Zero ? long.MaxValue : (long)idleAfter.TotalMilliseconds;
        return ReadLiveAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _scope.Unregister(_hub, this);
        GiveBack();
        lock (_gate)
        {
            _slices = default;
        }

        return _registration.DisposeAsync();
    }

    /// <summary>The hub has entries for this stream; true when its reader is to be woken.</summary>
    public bool Offer(FeedSlice slice)
    {
        lock (_gate)
        {
            if (_lapsed || _lost) return false;
            if (_slices.Count < _hub.StreamBacklog)
            {
                _slices.Enqueue(slice);
            }
            else
            {
                _slices = default;
                _lapsed = true;
                _hub.Metrics.Lapsed();
            }

            return StopWaiting();
        }
    }

    /// <summary>The hub jumped, so the stream must read history again; true when its reader is to be woken.</summary>
    public bool Lapse()
    {
        lock (_gate)
        {
            _slices = default;
            _lapsed = true;
            return StopWaiting();
        }
    }

    /// <summary>Ends the stream; true when its reader is to be woken.</summary>
    public bool Lose()
    {
        lock (_gate)
        {
            _slices = default;
            _lost = true;
            return StopWaiting();
        }
    }

    /// <summary>True when the reader waits for longer than it wants to, and is to be woken.</summary>
    public bool StopIdling(long now)
    {
        if (now - Volatile.Read(ref _lastAnswer) < Volatile.Read(ref _idleAfter)) return false;
        lock (_gate)
        {
            return StopWaiting();
        }
    }

    /// <summary>Lets the reader go on, on this thread. Only after one of the methods above said so.</summary>
    public void Wake() => _wait.SetResult(true);

    /// <summary>Where a reader stands after a page that a limit cut at <paramref name="last"/>: logs before its log are read to the ceiling.</summary>
    public static Cursor Advance(Cursor position, Cursor ceiling, LogEntry last)
    {
        foreach (var (originator, mark) in ceiling.AsSpan())
        {
            if (originator < last.Originator) position = position.Advance(originator, mark);
        }

        return position.Advance(last.Originator, last.Sequence);
    }

    FeedStreamBatch IValueTaskSource<FeedStreamBatch>.GetResult(short token)
    {
        _wait.GetResult(token);
        return TryTake(out var batch) ? batch : Answer(FeedStreamBatch.Of(FeedStreamKind.Idle));
    }

    ValueTaskSourceStatus IValueTaskSource<FeedStreamBatch>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<FeedStreamBatch>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private ValueTask<FeedStreamBatch> ReadLiveAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<FeedStreamBatch>(cancellationToken);
        while (_phase == Phase.Live)
        {
            if (TryTake(out var batch)) return ValueTask.FromResult(batch);
            lock (_gate)
            {
                if (_lapsed)
                {
                    _phase = Phase.Lapsed;
                    break;
                }

                if (_lost || _slices.Count > 0) continue;
                _wait.Reset();
                _waits = true;
            }

            CancelWith(cancellationToken);
            return new ValueTask<FeedStreamBatch>(this, _wait.Version);
        }

        return ReadHistoryAsync(cancellationToken);
    }

    private async ValueTask<FeedStreamBatch> ReadHistoryAsync(CancellationToken cancellationToken)
    {
        if (_phase == Phase.Opening)
        {
            await _hub.Started.WaitAsync(cancellationToken);
            _ceiling = RegisteredAt ?? _hub.Initial;
            _position = new PositionMap(_scope.Start ?? _ceiling);
            _phase = Phase.History;
        }

        while (_phase != Phase.Live)
        {
            lock (_gate)
            {
                if (_lost) return FeedStreamBatch.Of(FeedStreamKind.FeedLost);
                if (_phase == Phase.Lapsed) (_slices, _lapsed) = (default, false);
            }

            if (_phase == Phase.Lapsed)
            {
                // Only after offers count again: what comes in between is both in history and offered, and the position drops it once.
                (_ceiling, _phase) = (_hub.Announced, Phase.History);
            }

            if (_phase == Phase.HistoryRead)
            {
                _phase = Phase.Live;
                if (_caughtUp) continue;
                _caughtUp = true;
                return Answer(FeedStreamBatch.Of(FeedStreamKind.CaughtUp));
            }

            var after = _position.ToCursor();
            var page = after.Covers(_ceiling)
                ? EntryPage.Empty
                : await _scope.ReadAsync(_hub.Store, after, _ceiling, _hub.NowSeconds, _hub.PageLimit, cancellationToken);
            if (!TryHold(ref page))
            {
                // One large envelope, and no room for it: it is read again when those that do not take theirs have been ended.
                await _hub.WaitForRoomAsync(cancellationToken);
                return Answer(FeedStreamBatch.Of(FeedStreamKind.Idle));
            }

            if (page is { More: true, Entries: [.., var last] })
            {
                _position = new PositionMap(Advance(after, _ceiling, last));
            }
            else
            {
                _scope.CaughtUp(_ceiling);
                (_position, _phase) = (new PositionMap(after.Join(_ceiling)), Phase.HistoryRead);
            }

            if (page.Entries.Count > 0) return Answer(new(FeedStreamKind.Entries, [.. page.Entries]));
        }

        return await ReadLiveAsync(cancellationToken);
    }

    // The next entries, without waiting; false when there are none or the stream has to read history.
    private bool TryTake(out FeedStreamBatch batch)
    {
        while (true)
        {
            SliceGroup slices;
            lock (_gate)
            {
                batch = FeedStreamBatch.Of(FeedStreamKind.FeedLost);
                if (_lost) return true;
                if (_lapsed || _slices.Count == 0) return false;
                slices = _slices.Dequeue(_hub.Held.IsScarce ? int.MaxValue : MergeFrom, _hub.BatchLimit);
            }

            // What many streams get is the ring's; what is put together for this one is its own.
            if (!slices.TryMerge(_position, _scope, out var entries) || !(entries == slices.First.Entries || TryHold(entries)))
            {
                Lapse();
                return false;
            }

            slices.Pass(ref _position);
            if (entries.Count == 0) continue;
            batch = Answer(new(FeedStreamKind.Entries, entries));
            return true;
        }
    }

    private FeedStreamBatch Answer(FeedStreamBatch batch)
    {
        Volatile.Write(ref _lastAnswer, _hub.CoarseNow);
        return batch;
    }

    // Takes room for what the reader gets, or for as much of it as needs none.
    private bool TryHold(ref EntryPage page)
    {
        if (TryHold(page.Entries)) return true;
        var (count, bytes) = (0, 0);
        while (bytes + page.Entries[count].Bytes.Length <= FeedHub.UncountedBytes) bytes += page.Entries[count++].Bytes.Length;
        page = new EntryPage([.. page.Entries.Take(count)], More: true);
        return count > 0;
    }

    private bool TryHold(IReadOnlyList<LogEntry> entries)
    {
        var bytes = 0L;
        for (var at = 0; at < entries.Count; at++) bytes += entries[at].Bytes.Length;
        if (bytes <= FeedHub.UncountedBytes) return true;

        // The frames made of them take as much again.
        if (!_hub.Held.TryTake(2 * bytes)) return false;
        _held = 2 * bytes;
        return true;
    }

    private void GiveBack()
    {
        if (_held == 0) return;
        _hub.Held.Give(_held);
        _held = 0;
    }

    private bool StopWaiting()
    {
        var waits = _waits;
        _waits = false;
        return waits;
    }

    private void CancelWith(CancellationToken cancellationToken)
    {
        if (cancellationToken != _token)
        {
            _registration.Dispose();
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static (state, token) => ((FeedStream)state!).Cancel(token), this);
        }

        // The token may have been cancelled, and told so, just before this read began to wait.
        if (cancellationToken.IsCancellationRequested) Cancel(cancellationToken);
    }

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!StopWaiting()) return;
        }

        _wait.SetException(new OperationCanceledException(token));
    }

    private enum Phase
    {
        Opening = 0,
        History = 1,
        HistoryRead = 2,
        Live = 3,
        Lapsed = 4,
    }
}
