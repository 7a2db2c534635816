using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Follows one log for the hub: reads batches, checks that each continues the one before, fills what is missing from the store.</summary>
internal sealed partial class FeedFollower
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly OriginatorId _originator;
    private readonly FeedHub _hub;
    private readonly IFeedSource _source;
    private readonly FeedOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PageLimit _replayLimit;
    private ulong _position; // written by the loop
    private ulong _mark; // the store's mark at the hub's last beat; written by the hub's watch, as are the next four
    private ulong _markBefore; // at the beat before: what is missing of it did not come in time
    private ulong _positionBefore;
    private long _stuckSince;
    private bool _stuck;

    public FeedFollower(
        OriginatorId originator, FeedHub hub, IFeedSource source, FeedOptions options, TimeProvider clock, ILogger logger)
    {
        (_originator, _hub, _source, _options, _clock, _logger) = (originator, hub, source, options, clock, logger);
        _replayLimit = new PageLimit(1_000, options.ReadBytes);
        _position = hub.Announced[originator].Value;
    }

    private SequenceId Position
    {
        get => new(Volatile.Read(ref _position));
        set => Volatile.Write(ref _position, value.Value);
    }

    /// <summary>Compares the feed with the store's mark of the log, on the hub's beat. When the feed stays behind without advancing for long
    /// enough, the hub's streams end.</summary>
    public void Compare(SequenceId mark)
    {
        var position = Position.Value;
        var advanced = position != _positionBefore;
        _positionBefore = position;
        Volatile.Write(ref _markBefore, _mark);
        _mark = mark.Value;
        if (position >= mark.Value || advanced)
        {
            _stuck = false;
            return;
        }

        if (!_stuck) (_stuck, _stuckSince) = (true, _clock.GetTimestamp());
        if (_clock.GetElapsedTime(_stuckSince) < _options.LostAfter) return;
        _stuck = false;
        _hub.LoseStreams(_originator);
    }

    /// <summary>Instead of <see cref="Compare"/> while the store is away: nobody can say whether the feed is behind, so the time does not count.</summary>
    public void Excuse() => _stuck = false;

    /// <summary>Follows until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                var reply = await _source.ReadAsync(_originator, Position, _options.ReadBytes, _options.ReadWait).WaitAsync(cancellationToken);
                var answered = await TakeAsync(reply, cancellationToken);
                if (reply.Batches.Length == 0) await CatchUpAsync(cancellationToken);
                if (answered)
                {
                    pause = FirstPause;
                    continue;
                }
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (StoreException failure)
            {
                Log.GapUnread(_logger, _originator.Value, Position.Value, failure);
            }
#pragma warning disable CA1031 // The top of a loop that must not end while the process lives.
            catch (Exception failure)
#pragma warning restore CA1031
            {
                Log.FollowFailed(_logger, _originator.Value, failure);
            }

            await _clock.PauseAsync(pause, cancellationToken);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    // What the store had a beat ago and the log did not give: another process may have taken the log over, or its batch was lost.
    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        var missed = new SequenceId(Volatile.Read(ref _markBefore));
        if (missed <= Position) return;
        Log.Behind(_logger, _originator.Value, Position.Value, missed.Value);
        _source.Missed(_originator);
        await FillAsync(missed, cancellationToken);
    }

    // False when the log had nothing to say and is to be asked again later.
    private async Task<bool> TakeAsync(FeedReply reply, CancellationToken cancellationToken)
    {
        if (reply is { Status: FeedStatus.OlderThanRing, Batches.Length: 0 })
        {
            var marks = await _hub.Store.ReadMarksAsync(cancellationToken);
            if (marks[_originator] <= Position) return false;
            await FillAsync(marks[_originator], cancellationToken);
            return true;
        }

        foreach (var batch in reply.Batches)
        {
            if (batch.Last <= Position) continue;
            await FillAsync(batch.Previous, cancellationToken);
            var entries = batch.Previous == Position
                ? batch.Entries
                : Array.FindAll(batch.Entries, entry => entry.Sequence > Position); // the store filled up to the middle of it
            _hub.Apply(_originator, batch.Last, entries, replayed: false);
            Position = batch.Last;
        }

        return reply.Status != FeedStatus.Ending;
    }

    private async Task FillAsync(SequenceId target, CancellationToken cancellationToken)
    {
        if (target <= Position) return;
        if (target.Value - Position.Value > (ulong)_options.ReplayLimit)
        {
            Log.Skipped(_logger, _originator.Value, Position.Value, target.Value);
            _hub.Skip(_originator, target);
            Position = target;
            return;
        }

        while (Position < target)
        {
            var page = await _hub.Store.ReadLogAsync(_originator, Position, target, _replayLimit, cancellationToken);
            var last = page.More ? page.Entries[^1].Sequence : target;
            _hub.Apply(_originator, last, [.. page.Entries], replayed: true);
            Position = last;
        }
    }
}
