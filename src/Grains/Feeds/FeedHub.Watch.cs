using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;

namespace XmtpOrleans.Grains.Feeds;

internal sealed partial class FeedHub
{
    /// <summary>Follows the logs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_options.CheckPeriod, _clock);
        var running = new List<Task>();
        try
        {
            do
            {
                Tick();
                if (await ReadMarksAsync(cancellationToken) is not { } marks)
                {
                    foreach (var follower in _followers.Values) follower.Excuse();
                    continue;
                }

                if (!_hasStarted) Start(marks);
                foreach (var originator in marks.Select(mark => mark.Key).Concat(_source.Followed))
                {
                    if (_followers.ContainsKey(originator)) continue;
                    var follower = new FeedFollower(originator, this, _source, _options, _clock, _logger);
                    _followers.Add(originator, follower);
                    running.Add(follower.RunAsync(cancellationToken));
                }

                foreach (var (originator, follower) in _followers)
                {
                    follower.Compare(marks[originator]);
                }
            }
            while (await timer.WaitForNextTickAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await Task.WhenAll(running);
        }
    }

    private void Start(Cursor marks)
    {
        IReadOnlyList<IThreadPoolWorkItem> waiters;
        lock (_gate)
        {
            (Initial, _announced, _applied, _hasStarted) = (marks, marks, marks, true);
            _wakes.Add(_started);
            waiters = _wakes.Take();
        }

        _wakes.Run(waiters);
    }

    // The streams' idleness is judged on the same beat.
    private void Tick()
    {
        Volatile.Write(ref _coarseNow, _clock.GetTimestamp() / (_clock.TimestampFrequency / 1000));
        IReadOnlyList<IThreadPoolWorkItem> readers;
        lock (_gate)
        {
            foreach (var stream in _streams)
            {
                if (stream.StopIdling(CoarseNow)) _wakes.Add(stream);
            }

            readers = _wakes.Take();
        }

        _wakes.Run(readers);
    }

    private async Task<Cursor?> ReadMarksAsync(CancellationToken cancellationToken)
    {
        try
        {
            var marks = await Store.ReadMarksAsync(cancellationToken);
            if (_isStoreAway) Log.MarksAvailable(_logger);
            _isStoreAway = false;
            return marks;
        }
        catch (StoreException failure)
        {
            // Without the store nobody can say whether the feed is behind, so streams stay open.
            if (!_isStoreAway) Log.MarksUnavailable(_logger, failure);
            _isStoreAway = true;
            return null;
        }
    }
}
