using Orleans.Streams;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds.Cluster;

/// <summary>Reads the log that owns a queue slot, from the oldest commit its grain has in memory. Returns only when there is something; as long as no
/// log owns the slot it does nothing at all.</summary>
internal sealed class FeedQueueReceiver(int slot, QueueSlotDirectory slots, IFeedSource logs, int readBytes, TimeProvider clock) : IQueueAdapterReceiver
{
    private static readonly TimeSpan Wait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private OriginatorId? _owner; // written by the agent's one read at a time, like the next; a slot never changes its owner
    private SequenceId _position;

    /// <inheritdoc/>
    public Task Initialize(TimeSpan timeout) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    /// <inheritdoc/>
    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        try
        {
            return [await ReadAsync(cancellationToken)];
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return []; // the queue moves; its agent would log an exception as a failure
        }
    }

    /// <inheritdoc/>
    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task Shutdown(TimeSpan timeout) => Task.CompletedTask;

    private async Task<FeedContainer> ReadAsync(CancellationToken cancellationToken)
    {
        var originator = _owner ??= await slots.OwnerOfAsync(slot, cancellationToken);
        var pause = FirstPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var reply = await logs.ReadAsync(originator, _position, readBytes, Wait).WaitAsync(cancellationToken);
            if (reply.Batches.Length > 0)
            {
                _position = reply.Batches[^1].Last;
                return new FeedContainer { Originator = originator, Batches = reply.Batches };
            }

            if (reply.Status == FeedStatus.Ending)
            {
                await clock.PauseAsync(pause, cancellationToken);
                pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
                continue;
            }

            pause = FirstPause;
            // Its keeper has nothing older in memory; what lies before is in the store.
            if (reply.Status == FeedStatus.OlderThanRing) _position = reply.Head;
        }
    }
}
