using Microsoft.Extensions.Logging;
using Orleans.Streams;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>One log's way into this process: its stream, and the log itself for as long as the stream does not bring what the store has.</summary>
/// <remarks>Nobody tells a process that its subscription is gone (it goes with a client's gateway, with the subscriptions' storage, with a delivery that
/// failed), so whoever misses something reads the log directly for a while and looks whether the subscription still stands.</remarks>
internal sealed partial class LogSubscription : IAsyncObserver<FeedBatch>
{
    private static readonly TimeSpan DirectTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly OriginatorId _originator;
    private readonly IAsyncStream<FeedBatch> _stream;
    private readonly IFeedSource _log;
    private readonly FeedMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationToken _stopping;
    private readonly FeedInbox _inbox;
    private readonly Lock _gate = new();
    private Task _check = Task.CompletedTask; // guarded by _gate, like the next
    private bool _isCheckDue;
    private StreamSubscriptionHandle<FeedBatch>? _handle; // written by the one running check
    private Task<FeedReply>? _directRead; // the reader's own
    private ulong _position; // written by the reader
    private long _directUntil; // timestamps; zero for never
    private volatile bool _isSubscribed; // written by the check
    private volatile bool _isSilent; // whether a check found everything in order since the stream last brought something

    public LogSubscription(
        OriginatorId originator, IAsyncStream<FeedBatch> stream, IFeedSource log, long inboxBytes, FeedMetrics metrics, TimeProvider clock,
        ILogger logger, CancellationToken stopping)
    {
        (_originator, _stream, _log, _metrics, _clock, _logger, _stopping) = (originator, stream, log, metrics, clock, logger, stopping);
        _inbox = new FeedInbox(inboxBytes, clock);
    }

    private bool IsDirect => !_isSubscribed || _clock.GetTimestamp() < Volatile.Read(ref _directUntil);

    /// <summary>Subscribes from a position on.</summary>
    public void Start(SequenceId position)
    {
        Volatile.Write(ref _position, position.Value);
        Check();
    }

    /// <summary>See <see cref="IFeedSource.ReadAsync"/>.</summary>
    public async Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait)
    {
        Volatile.Write(ref _position, after.Value);
        var asked = _clock.GetTimestamp();
        while (true)
        {
            if (_directRead is { IsCompleted: true } direct)
            {
                _directRead = null;
                var reply = await direct;
                if (reply.Batches.Length > 0 || reply.Status != FeedStatus.Current) return reply;
            }

            if (_inbox.Take(after, maxBytes) is { Length: > 0 } batches) return Current(batches);
            var left = wait - _clock.GetElapsedTime(asked);
            if (left <= TimeSpan.Zero) return Current([]);
            if (IsDirect) _directRead ??= _log.ReadAsync(_originator, after, maxBytes, left);
            await _inbox.WaitAsync(left, _directRead);
        }
    }

    /// <summary>The store has what neither the stream nor the log gave: reads the log for a while, and looks after the subscription.</summary>
    public void Miss()
    {
        ReadDirectly();
        Check();
    }

    /// <summary>Looks whether the subscription stands, and subscribes when it does not.</summary>
    public void Check()
    {
        lock (_gate)
        {
            _isCheckDue = true;
            if (_check.IsCompleted && !_stopping.IsCancellationRequested) _check = CheckAsync();
        }
    }

    /// <summary>Lets the subscription go.</summary>
    public async Task EndAsync()
    {
        Task check;
        lock (_gate) check = _check;
        await check;
        if (_handle is { } handle) await handle.UnsubscribeAsync();
    }

    /// <inheritdoc/>
    public Task OnNextAsync(FeedBatch item, StreamSequenceToken? token = null)
    {
        _isSilent = false;
        if (item.Last.Value >= Volatile.Read(ref _position)) Volatile.Write(ref _directUntil, 0);
        _inbox.Add(item);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex)
    {
        Log.DeliveryFailed(_logger, _originator.Value, ex.Message);
        ReadDirectly();
        return Task.CompletedTask;
    }

    private static FeedReply Current(FeedBatch[] batches) => new() { Status = FeedStatus.Current, Batches = batches, Head = default };

    private void ReadDirectly() =>
        Volatile.Write(ref _directUntil, _clock.GetTimestamp() + (long)(DirectTime.TotalSeconds * _clock.TimestampFrequency));

    private bool TakeCheck()
    {
        lock (_gate)
        {
            var isDue = _isCheckDue;
            _isCheckDue = false;
            return isDue;
        }
    }

    private async Task CheckAsync()
    {
        await Task.Yield(); // never under the caller's lock
        var pause = FirstPause;
        while (TakeCheck())
        {
            try
            {
                await SubscribeAsync();
                pause = FirstPause;
            }
#pragma warning disable CA1031 // The top of a loop that must not end before the process is subscribed.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                if (_stopping.IsCancellationRequested) return;
                Log.NotSubscribed(_logger, _originator.Value, failure.Message);
                await _clock.PauseAsync(pause, _stopping);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
                lock (_gate) _isCheckDue = !_stopping.IsCancellationRequested;
            }
        }
    }

    private async Task SubscribeAsync()
    {
        var known = await _stream.GetAllSubscriptionHandles();
        foreach (var left in known.Where(handle => handle.HandleId != _handle?.HandleId))
        {
            await left.UnsubscribeAsync(); // of an attempt whose answer was lost
        }

        // What is registered and stays silent although something was missed is not worth much either.
        if (_handle is not null && !_isSilent && known.Any(handle => handle.HandleId == _handle.HandleId))
        {
            _isSilent = true;
            return;
        }

        _isSubscribed = false;
        if (_handle is { } old)
        {
            Log.Renewing(_logger, _originator.Value);
            _metrics.Resubscribed();
            await old.UnsubscribeAsync();
            _handle = null;
        }

        var position = new SequenceId(Volatile.Read(ref _position));
        _handle = await _stream.SubscribeAsync(this, LiveFeed.TokenOf(position));
        (_isSubscribed, _isSilent) = (true, false);
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedNotSubscribed, LogLevel.Warning, "The feed of originator {Originator} could not be subscribed and is read directly; trying again: {Reason}")]
        public static partial void NotSubscribed(ILogger logger, uint originator, string reason);

        [LoggerMessage(EventIds.FeedResubscribed, LogLevel.Information, "The feed of originator {Originator} is subscribed again")]
        public static partial void Renewing(ILogger logger, uint originator);

        [LoggerMessage(EventIds.FeedDeliveryFailed, LogLevel.Debug, "A delivery of the feed of originator {Originator} failed: {Reason}")]
        public static partial void DeliveryFailed(ILogger logger, uint originator, string reason);
    }
}
