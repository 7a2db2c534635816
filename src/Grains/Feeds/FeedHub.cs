using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>The live feed of one process: follows every log once and hands what it gets to the process's streams.</summary>
/// <remarks>One lock orders everything: commits of all logs pass it one at a time, and streams come and go under it. Nothing waits under it.
/// <see cref="Announced"/> moves before a commit is handed out, <see cref="Applied"/> after; who registers and then reads
/// <see cref="Announced"/> misses nothing in between, and who reads <see cref="Applied"/> finds everything up to it in place.</remarks>
internal sealed partial class FeedHub : IFeed
{
    /// <summary>Bytes of envelopes that any stream may hold for itself without being counted.</summary>
    public const int UncountedBytes = 8 * 1024;

    private static readonly TimeSpan RoomPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly FeedOptions _options;
    private readonly IFeedSource _source;
    private readonly IReadOnlyList<IFeedTap> _taps;
    private readonly TimeProvider _clock;
    private readonly ILogger<FeedHub> _logger;
    private readonly FeedRing _ring; // guarded by _gate
    private readonly FeedFanOut _fanOut;
    private readonly StreamWakes _wakes;
    private readonly TaskCompletionSource _started = new(); // completed by a work item of its own
    private readonly List<FeedStream> _streams = []; // guarded by _gate
    private readonly Dictionary<OriginatorId, FeedFollower> _followers = []; // the watch loop's own
    private TaskCompletionSource? _change; // guarded by _gate
    private bool _hasStarted; // guarded by _gate
    private volatile Cursor _announced = Cursor.Empty; // written under _gate
    private volatile Cursor _applied = Cursor.Empty; // written under _gate
    private long _coarseNow; // written by the watch loop
    private bool _isStoreAway; // the watch loop's own: said once

    /// <summary>Creates the hub; it does nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="source">Where batches come from.</param>
    /// <param name="store">Where marks, gaps and history are read.</param>
    /// <param name="taps">Who sees the whole feed.</param>
    /// <param name="options">Sizes and times.</param>
    /// <param name="metrics">What is counted.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logger">The log.</param>
    /// <param name="queue">Runs what follows from a commit: readers that have something to take; by default on the thread pool.</param>
    public FeedHub(
        IFeedSource source,
        IEnvelopeStore store,
        IEnumerable<IFeedTap> taps,
        IOptions<FeedOptions> options,
        FeedMetrics metrics,
        TimeProvider clock,
        ILogger<FeedHub> logger,
        Action<IThreadPoolWorkItem>? queue = null)
    {
        (_source, Store, _taps, _options, Metrics, _clock, _logger) = (source, store, [.. taps], options.Value, metrics, clock, logger);
        _wakes = new StreamWakes(queue ?? (work => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false)));
        _ring = new FeedRing(_options.RingCount, _options.RingBytes);
        _fanOut = new FeedFanOut(_ring, _wakes);
        BatchLimit = new PageLimit(_options.BatchCount, _options.BatchBytes);
        Held = new ByteBudget(_options.HeldBytes);
        Tick();
    }

    /// <summary>Completes once the hub knows where it starts.</summary>
    public Task Started => _started.Task;

    /// <summary>Where the hub started.</summary>
    public Cursor Initial { get; private set; } = Cursor.Empty;

    /// <summary>Positions of the last commits whose handing out began.</summary>
    public Cursor Announced => _announced;

    /// <summary>Positions up to which every stream was offered, and every tap shown, everything.</summary>
    public Cursor Applied => _applied;

    public IEnvelopeStore Store { get; }

    public FeedMetrics Metrics { get; }

    public PageLimit BatchLimit { get; }

    /// <summary>Where a page of history is cut now.</summary>
    public PageLimit PageLimit => Held.IsScarce ? new PageLimit(BatchLimit.Count, Math.Min(BatchLimit.Bytes, UncountedBytes)) : BatchLimit;

    /// <summary>What streams hold for themselves alone until their readers took it: pages of history, and commits put together. A reader that takes
    /// nothing keeps it for as long as its stream lives, so that it is limited for all together.</summary>
    public ByteBudget Held { get; }

    public int StreamBacklog => _options.StreamBacklog;

    /// <summary>Milliseconds of a clock that moves every <see cref="FeedOptions.CheckPeriod"/>: good enough for idleness, free to read.</summary>
    public long CoarseNow => Volatile.Read(ref _coarseNow);

    public long NowSeconds => _clock.GetUtcNow().ToUnixTimeSeconds();

    /// <inheritdoc/>
    public IFeedStream FollowTopics(IReadOnlyList<TopicPosition> topics) => new FeedStream(this, new TopicScope(topics));

    /// <inheritdoc/>
    public IFeedStream FollowOriginators(IReadOnlyList<OriginatorId> originators, Cursor? after) =>
        new FeedStream(this, new OriginatorScope(originators, after));

    /// <inheritdoc/>
    public IFeedStream FollowAll() => new FeedStream(this, new AllScope());

    /// <inheritdoc/>
    public async IAsyncEnumerable<Cursor> FollowMarksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Started.WaitAsync(cancellationToken);
        while (true)
        {
            var seen = _applied;
            yield return seen;
            await ChangedSinceAsync(seen).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Completes when <see cref="Applied"/> is not the given one any more.</summary>
    public Task ChangedSinceAsync(Cursor seen)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_applied, seen)) return Task.CompletedTask;
            return (_change ??= new TaskCompletionSource()).Task; // completed by a work item of its own
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> WaitForAsync(Cursor marks, TimeSpan wait, CancellationToken cancellationToken)
    {
        var start = _clock.GetTimestamp();
        while (true)
        {
            var applied = _applied;
            if (applied.Covers(marks)) return true;
            var left = wait - _clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) return false;
            try
            {
                await ChangedSinceAsync(applied).WaitAsync(left, _clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                return _applied.Covers(marks);
            }
        }
    }

    /// <summary>Waits a while for other streams to give back what they hold.</summary>
    public Task WaitForRoomAsync(CancellationToken cancellationToken) => Task.Delay(RoomPause, _clock, cancellationToken);

    /// <summary>Adds a stream's registrations.</summary>
    public void Register(FeedStream stream, Action<FeedFanOut> add)
    {
        lock (_gate)
        {
            if (stream.HubIndex < 0)
            {
                stream.HubIndex = _streams.Count;
                _streams.Add(stream);
                Metrics.StreamOpened();
            }

            stream.RegisteredAt = _hasStarted ? _announced : null;
            add(_fanOut);
        }
    }

    /// <summary>Removes a stream's registrations.</summary>
    public void Unregister(FeedStream stream, Action<FeedFanOut> remove)
    {
        lock (_gate)
        {
            if (stream.HubIndex >= 0)
            {
                var last = _streams[^1];
                (_streams[stream.HubIndex], last.HubIndex) = (last, stream.HubIndex);
                _streams.RemoveAt(_streams.Count - 1);
                stream.HubIndex = -1;
                Metrics.StreamClosed();
            }

            remove(_fanOut);
        }
    }

    /// <summary>What is registered now: streams, topics, logs.</summary>
    public (int Streams, int Topics, int Originators) CountRegistrations()
    {
        lock (_gate)
        {
            return (_streams.Count, _fanOut.TopicCount, _fanOut.OriginatorCount);
        }
    }

    /// <summary>What is kept for streams now: deliveries and bytes of envelopes.</summary>
    public (int Deliveries, long Bytes) CountKept()
    {
        lock (_gate)
        {
            return (_ring.Count, _ring.Bytes);
        }
    }

    /// <summary>Hands out what a log advanced over.</summary>
    /// <param name="originator">The log.</param>
    /// <param name="last">Its mark now.</param>
    /// <param name="entries">The entries since the mark before, ascending; not written afterwards.</param>
    /// <param name="replayed">Whether they were read from the store.</param>
    public void Apply(OriginatorId originator, SequenceId last, LogEntry[] entries, bool replayed)
    {
        int deliveries;
        IReadOnlyList<IThreadPoolWorkItem> waiters;
        var nowSeconds = NowSeconds;
        lock (_gate)
        {
            _announced = _announced.With(originator, last);
            deliveries = _fanOut.Deliver(originator, last, entries, nowSeconds);
            foreach (var tap in _taps)
            {
                tap.Take(originator, entries, replayed);
            }

            waiters = MarkApplied();
        }

        _wakes.Run(waiters);
        Metrics.Applied(entries.Length, deliveries, replayed);
    }

    /// <summary>Jumps over what a log advanced over: streams go back to history, taps forget what they hold.</summary>
    public void Skip(OriginatorId originator, SequenceId last)
    {
        IReadOnlyList<IThreadPoolWorkItem> waiters;
        lock (_gate)
        {
            _announced = _announced.With(originator, last);
            foreach (var stream in _streams)
            {
                if (stream.Lapse()) _wakes.Add(stream);
            }

            foreach (var tap in _taps)
            {
                tap.Skip(originator);
            }

            waiters = MarkApplied();
        }

        _wakes.Run(waiters);
        Metrics.Skipped();
    }

    /// <summary>Ends every stream: this process does not see what the store holds.</summary>
    public void LoseStreams(OriginatorId originator)
    {
        IReadOnlyList<IThreadPoolWorkItem> waiters;
        int count;
        lock (_gate)
        {
            count = _streams.Count;
            foreach (var stream in _streams)
            {
                if (stream.Lose()) _wakes.Add(stream);
            }

            waiters = _wakes.Take();
        }

        _wakes.Run(waiters);
        Metrics.Lost();
        Log.FeedLost(_logger, originator.Value, count);
    }

    // Under the lock, once everybody was offered or shown what is announced.
    private IReadOnlyList<IThreadPoolWorkItem> MarkApplied()
    {
        _applied = _announced;
        if (_change is not null) _wakes.Add(_change);
        _change = null;
        return _wakes.Take();
    }
}
