using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>A process that publishes: a front with its batcher, and an activation of the sequencer when it hosts one.</summary>
internal sealed class SimSilo : SimProcess
{
    private readonly SimNode _node;
    private readonly SimTurns _front;
    private readonly PublishBatcher _publisher;
    private Activation? _sequencer;

    public SimSilo(SimNode node, int id)
        : base(node.World, id)
    {
        _node = node;
        _front = NewTurns("front");
        _publisher = new PublishBatcher(
            new SequencerProxy(node, this),
            node.PublisherOptions,
            new PublisherMetrics(NoMeters.Instance),
            Clock,
            node.World.Random,
            new CountingLogger(node.World));
    }

    /// <summary>A client's call: checked room, then the batcher.</summary>
    public Task<PublishOutcome> PublishAsync(PublishRequest request, CancellationToken cancellationToken) => _front.RunAsync(async () =>
    {
        if (!_publisher.TryReserve(request.Entries.Length, request.ByteCount, out var room, out var retryAfter))
        {
            return new PublishOutcome { Status = PublishStatus.Unavailable, RetryAfter = retryAfter };
        }

        using (room)
        {
            return await _publisher.PublishAsync(request, cancellationToken);
        }
    });

    public Task<AppendReply> AppendAsync(PublishBatch batch)
    {
        var activation = _sequencer ??= Activate();
        return activation.Turns.RunAsync(() => activation.Core.AppendAsync(batch));
    }

    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait)
    {
        var activation = _sequencer ??= Activate();
        return activation.Turns.RunAsync(() => activation.Core.ReadAsync(after, maxBytes, wait));
    }

    public override void Deactivate()
    {
        if (_sequencer is not { } leaving) return;
        var left = leaving.Turns.RunAsync(() => leaving.Core.DrainAsync());
    }

    private Activation Activate()
    {
        var turns = NewTurns("sequencer");
        var core = new Sequencer(
            TestPublishes.Node,
            _node.Store.Store,
            _node.Signer,
            _node.Rates,
            _node.SequencerOptions,
            new SequencerMetrics(NoMeters.Instance),
            Clock,
            Clock,
            _node.World.Random,
            new CountingLogger(_node.World));
        var activation = new Activation(core, turns);
        var watched = turns.RunAsync(async () =>
        {
            await core.Ended;
            await core.DrainAsync();
            if (_sequencer == activation) _sequencer = null;
        });
        return activation;
    }

    private sealed record Activation(Sequencer Core, SimTurns Turns);
}
