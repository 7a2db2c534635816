using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;
using XmtpOrleans.Grains.Hosting;

namespace XmtpOrleans.Grains.Originators;

/// <summary>
/// The way of one process to the sequencer. What arrives while its calls are in flight goes with the next one, so that a hop between silos is
/// paid once a batch. Repeats a call that failed on the way, or met an activation that was ending; the sequencer knows what it stored already.
/// </summary>
/// <remarks>Stopping it, after the last request of the front, sends what was taken and refuses the rest.</remarks>
internal sealed partial class PublishBatcher : IPublisher, IHostedService
{
    private const int MostFailures = 3;

    private static readonly TimeSpan FullPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan CallLimit = TimeSpan.Parse(ISequencerGrain.AppendLimit, CultureInfo.InvariantCulture);

    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _queue = []; // under _lock, as is all that changes
    private readonly Stack<int> _idle = [];      // senders that have nothing to do
    private readonly Task[] _senders;
    private readonly ISequencerGrain _sequencer;
    private readonly PublisherOptions _options;
    private readonly PublisherMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly Random _random;
    private readonly ILogger _logger;
    private TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously); // what is in flight now
    private int _openEnvelopes;
    private long _openBytes;
    private bool _isDraining;

    /// <summary>A batcher that has sent nothing.</summary>
    public PublishBatcher(
        IGrainFactory grains,
        IOptions<NodeOptions> node,
        IOptions<PublisherOptions> options,
        PublisherMetrics metrics,
        TimeProvider clock,
        ILogger<PublishBatcher> logger)
        : this(grains.SequencerOf(node.Value.Originator), options.Value, metrics, clock, Random.Shared, logger)
    {
    }

    /// <summary>A batcher that sends to that sequencer.</summary>
    internal PublishBatcher(
        ISequencerGrain sequencer, PublisherOptions options, PublisherMetrics metrics, TimeProvider clock, Random random, ILogger logger)
    {
        (_sequencer, _options, _metrics, _clock, _random, _logger) = (sequencer, options, metrics, clock, random, logger);
        _senders = new Task[_options.MaxCalls];
        Array.Fill(_senders, Task.CompletedTask);
        for (var at = _senders.Length - 1; at >= 0; at--) _idle.Push(at);
    }

    /// <inheritdoc/>
    public bool TryReserve(int count, int bytes, [NotNullWhen(true)] out IDisposable? reservation, out TimeSpan retryAfter)
    {
        lock (_lock)
        {
            var fits = !_isDraining
                && (_openEnvelopes == 0 || (_openEnvelopes + count <= _options.MaxOpenEnvelopes && _openBytes + bytes <= _options.MaxOpenBytes));
            reservation = fits ? new Room(this, count, bytes) : null;
            if (fits) Hold(count, bytes);
        }

        if (reservation is null) _metrics.Refused();
        retryAfter = reservation is null ? FullPause : TimeSpan.Zero;
        return reservation is not null;
    }

    /// <inheritdoc/>
    public async Task<PublishOutcome> PublishAsync(PublishRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var isLimited = patience != Timeout.InfiniteTimeSpan && patience < _options.Budget;
        var waiting = new Waiting(request, _clock.GetTimestamp(), isLimited ? patience : _options.Budget);
        lock (_lock)
        {
            if (_isDraining) return Unavailable();
            _queue.Enqueue(waiting);
            if (_idle.TryPop(out var sender)) _senders[sender] = SendQueuedAsync(sender);
        }

        try
        {
            await using var cancelled = cancellationToken.UnsafeRegister(
                static (state, token) => ((Waiting)state!).Cancel(token), waiting);

            // Whether it waits for a call before its own or for an answer: nobody waits longer, and what is not sent by then never is.
            await using var budget = _clock.CreateTimer(
                static state => ((Waiting)state!).SetOutcome(Unavailable()), waiting, _options.Budget, Timeout.InfiniteTimeSpan);
            var outcome = await waiting.Outcome;
            if (!waiting.IsAnswered) Abandon(waiting, isOver: true);
            return outcome;
        }
        catch (OperationCanceledException)
        {
            Abandon(waiting, isOver: false);
            throw;
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            // From here on nothing enters the queue, so that no sender starts any more.
            _isDraining = true;
            return Task.WhenAll(_senders).WaitAsync(cancellationToken);
        }
    }

    /// <summary>Makes the calls in flight again, at once: they or their answers may be lost with a process that they went through, and nothing else would tell
    /// before they time out.</summary>
    internal void Resend() =>
        Interlocked.Exchange(ref _lost, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private async Task SendQueuedAsync(int sender)
    {
        await Task.Yield(); // off the lock
        while (TryTakeCall(sender, out var call))
        {
            try
            {
                await SendAsync(call);
            }
#pragma warning disable CA1031 // The top of the loop: whatever failed, the callers are told and the next call goes on.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Log.Failed(_logger, failure);
                foreach (var waiting in call) Answer(waiting, Unavailable());
            }
        }
    }

    private bool TryTakeCall(int sender, out List<Waiting> call)
    {
        lock (_lock)
        {
            call = [];
            var bytes = 0L;
            while (_queue.TryPeek(out var waiting))
            {
                if (waiting.IsAbandoned)
                {
                    Forget(_queue.Dequeue());
                    continue;
                }

                bytes += waiting.Bytes;
                if (call.Count > 0 && bytes > _options.MaxCallBytes) break;
                call.Add(_queue.Dequeue());
            }

            if (call.Count == 0) _idle.Push(sender);
            return call.Count > 0;
        }
    }

    // Repeats a call until everything in it is answered; what was stored by an attempt that failed is answered by the next one.
    private async Task SendAsync(List<Waiting> call)
    {
        for (var pause = _options.RetryPause; ; pause = pause * 2 < _options.MaxRetryPause ? pause * 2 : _options.MaxRetryPause)
        {
            foreach (var part in Parts(call))
            {
                if (await TryAppendAsync(part) is { } reply) AnswerAll(part, reply);
            }

            call.RemoveAll(static waiting => waiting.IsAnswered);
            var wait = pause * (0.5 + _random.NextDouble());
            call.RemoveAll(waiting =>
            {
                var isOver = _clock.GetElapsedTime(waiting.Arrived) + wait > _options.Budget;
                if (isOver) Answer(waiting, Unavailable());
                return isOver;
            });
            if (call.Count == 0) return;
            _metrics.Retried();
            await Task.Delay(wait, _clock, CancellationToken.None);
            ForgetAbandoned(call);
            if (call.Count == 0) return;
        }
    }

    private async Task<AppendReply?> TryAppendAsync(List<Waiting> call)
    {
        try
        {
            var reply = _sequencer.AppendAsync(new PublishBatch { Requests = [.. call.Select(static waiting => waiting.Request)], Patience = PatienceOf(call) });
            return await Task.WhenAny(reply, Volatile.Read(ref _lost).Task) == reply ? await reply : null;
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure))
        {
            Log.Retried(_logger, failure.GetType().Name, call.Count);
            return null;
        }
    }

    // As long as somebody waits for this attempt; at least something, since nothing means that nobody said.
    private TimeSpan PatienceOf(List<Waiting> call)
    {
        var longest = call.Max(waiting => waiting.Patience - _clock.GetElapsedTime(waiting.Arrived));
        return longest >= CallLimit ? CallLimit : longest > TimeSpan.Zero ? longest : TimeSpan.FromTicks(1);
    }

    // A request that the sequencer failed with goes alone from then on, so that it takes no other with it.
    private static List<List<Waiting>> Parts(List<Waiting> call)
    {
        if (!call.Exists(static waiting => waiting.Failures > 0)) return [call];
        List<List<Waiting>> parts = [.. call.Where(static waiting => waiting.Failures > 0).Select(static waiting => new List<Waiting> { waiting })];
        if (parts.Count < call.Count) parts.Insert(0, [.. call.Where(static waiting => waiting.Failures == 0)]);
        return parts;
    }

    // What an ending activation did not store stays open, and what it failed on for some attempts more: the blame may be another process's.
    private void AnswerAll(List<Waiting> part, AppendReply reply)
    {
        for (var at = 0; at < reply.Outcomes.Length; at++)
        {
            var (waiting, outcome) = (part[at], reply.Outcomes[at]);
            if (reply.Ending && outcome.Status == PublishStatus.Unavailable) continue;
            if (outcome.Status == PublishStatus.Failed && ++waiting.Failures < MostFailures) continue;
            Answer(waiting, outcome);
        }
    }

    private void Answer(Waiting waiting, PublishOutcome outcome)
    {
        lock (_lock)
        {
            if (waiting.IsAnswered) return;
            Close(waiting);
            if (waiting.IsOver) return;
        }

        _metrics.Ended(outcome.Status, _clock.GetElapsedTime(waiting.Arrived));
        waiting.SetOutcome(outcome);
    }

    // What nobody waits for is not sent again.
    private void ForgetAbandoned(List<Waiting> call)
    {
        lock (_lock)
        {
            foreach (var waiting in call.Where(static waiting => waiting.IsAbandoned)) Forget(waiting);
            call.RemoveAll(static waiting => waiting.IsAbandoned);
        }
    }

    // Under _lock, as is the next.
    private void Forget(Waiting waiting)
    {
        Close(waiting);
        if (!waiting.IsOver) _metrics.Ended(PublishStatus.Unavailable, _clock.GetElapsedTime(waiting.Arrived));
    }

    private void Close(Waiting waiting)
    {
        waiting.IsAnswered = true;
        if (waiting.IsAbandoned) Hold(-waiting.Request.Entries.Length, -waiting.Bytes);
    }

    // The caller gives its reservation back, but the request takes room until its call has ended, or would have begun.
    private void Abandon(Waiting waiting, bool isOver)
    {
        lock (_lock)
        {
            if (waiting.IsAnswered) return;
            (waiting.IsAbandoned, waiting.IsOver) = (true, isOver);
            Hold(waiting.Request.Entries.Length, waiting.Bytes);
        }

        if (isOver) _metrics.Ended(PublishStatus.Unavailable, _clock.GetElapsedTime(waiting.Arrived));
    }

    private void Release(int count, int bytes)
    {
        lock (_lock) Hold(-count, -bytes);
    }

    private void Hold(int count, int bytes)
    {
        _openEnvelopes += count;
        _openBytes += bytes;
        _metrics.Opened(count);
    }

    private static PublishOutcome Unavailable() => new() { Status = PublishStatus.Unavailable, RetryAfter = FullPause };

    private sealed class Waiting(PublishRequest request, long arrived, TimeSpan patience)
    {
        private readonly TaskCompletionSource<PublishOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public PublishRequest Request => request;

        public int Bytes { get; } = request.ByteCount;

        public long Arrived => arrived;

        public TimeSpan Patience => patience;

        public Task<PublishOutcome> Outcome => _outcome.Task;

        public bool IsAnswered { get; set; }

        public int Failures { get; set; } // of the sequencer with it; the sender's own

        public bool IsAbandoned { get; set; } // by its caller

        public bool IsOver { get; set; } // and its caller was told that it is unavailable

        public void SetOutcome(PublishOutcome outcome) => _outcome.TrySetResult(outcome);

        public void Cancel(CancellationToken cancellationToken) => _outcome.TrySetCanceled(cancellationToken);
    }

    private sealed class Room(PublishBatcher batcher, int count, int bytes) : IDisposable
    {
        private bool _isReturned;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, true)) return;
            batcher.Release(count, bytes);
        }
    }
}
