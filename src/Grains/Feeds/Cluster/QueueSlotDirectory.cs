using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>Who owns which queue slot, as the store says. However many queues of this process wait for an owner, they share one look-up; when none
/// waits, there is none.</summary>
internal sealed partial class QueueSlotDirectory(IEnvelopeStore store, TimeProvider clock, ILogger<QueueSlotDirectory> logger)
{
    private static readonly TimeSpan LookUpPeriod = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly List<(int Slot, TaskCompletionSource<OriginatorId> Owner)> _waiting = []; // guarded by _gate, like the next
    private bool _isLooking;
    private CancellationTokenSource? _pause; // guarded by _gate: until the next look-up

    /// <summary>Looks at once, if any queue waits: somebody sees a log that no queue carries yet.</summary>
    public void LookNow()
    {
        lock (_gate) _pause?.Cancel();
    }

    /// <summary>Waits until a log owns the slot.</summary>
    public async Task<OriginatorId> OwnerOfAsync(int slot, CancellationToken cancellationToken)
    {
        // Each has its own wait: a queue that moves away and back waits anew while the end of its first wait is still on the way.
        var waiting = (Slot: slot, Owner: new TaskCompletionSource<OriginatorId>(TaskCreationOptions.RunContinuationsAsynchronously));
        bool isFirst;
        lock (_gate)
        {
            _waiting.Add(waiting);
            (isFirst, _isLooking) = (!_isLooking, true);
        }

        if (isFirst) _ = LookUpAsync();
        try
        {
            return await waiting.Owner.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            lock (_gate) _waiting.Remove(waiting);
        }
    }

    private async Task LookUpAsync()
    {
        while (true)
        {
            try
            {
                Answer(await store.ReadQueueSlotsAsync(CancellationToken.None));
            }
            catch (StoreException failure)
            {
                Log.SlotsUnread(logger, failure);
            }

            using var pause = new CancellationTokenSource();
            lock (_gate)
            {
                _isLooking = _waiting.Count > 0;
                if (!_isLooking) return;
                _pause = pause;
            }

            await clock.PauseAsync(LookUpPeriod, pause.Token);
            lock (_gate) _pause = null;
        }
    }

    private void Answer(IReadOnlyDictionary<OriginatorId, int> slots)
    {
        lock (_gate)
        {
            foreach (var (originator, slot) in slots)
            {
                foreach (var (_, owner) in _waiting.Where(waiting => waiting.Slot == slot)) owner.TrySetResult(originator);
                _waiting.RemoveAll(waiting => waiting.Slot == slot);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(EventIds.FeedSlotsUnread, LogLevel.Warning, "The owners of the feed's queues could not be read; trying again")]
        public static partial void SlotsUnread(ILogger logger, Exception failure);
    }
}
