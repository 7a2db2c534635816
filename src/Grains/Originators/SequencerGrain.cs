using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Hosts the <see cref="Sequencer"/> of this node's own log.</summary>
[GrainType(SequencerGrain.TypeName), Reentrant, NearCallersPlacement, Immovable, CollectionAgeLimit(AlwaysActive = true)]
internal sealed class SequencerGrain(
    IEnvelopeStore store,
    ISigner signer,
    IRates rates,
    IOptions<SequencerOptions> options,
    SequencerMetrics metrics,
    HostedLogs hosted,
    SiloDeparture departure,
    TimeProvider clock,
    [FromKeyedServices(OriginatorServices.Uptime)] TimeProvider uptime,
    ILogger<Sequencer> logger) : Grain, ISequencerGrain
{
    /// <summary>The name of this kind of grain in the cluster; it never changes.</summary>
    public const string TypeName = "xmtp.sequencer";

    private Sequencer _sequencer = null!; // set before the first call
    private Task _watch = Task.CompletedTask;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var originator = new OriginatorId((uint)this.GetPrimaryKeyLong());
        _sequencer = new Sequencer(originator, store, signer, rates, options.Value, metrics, clock, uptime, Random.Shared, logger);
        _watch = WatchAsync();
        hosted.Add(GrainContext, _sequencer.ReleaseReaders);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (departure.IsCutOff) _sequencer.Abandon();
        else await _sequencer.DrainAsync();
        await _watch;
    }

    /// <inheritdoc/>
    public Task<AppendReply> AppendAsync(PublishBatch batch) => _sequencer.AppendAsync(batch);

    /// <inheritdoc/>
    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) => _sequencer.ReadAsync(after, maxBytes, wait);

    /// <inheritdoc/>
    public Task<SequenceId> HeadAsync() => Task.FromResult(_sequencer.Head);

    private async Task WatchAsync()
    {
        await Task.WhenAny(_sequencer.Ended, departure.CutOff);

        // What is in flight to a store that does not answer this silo would be waited for as long as the driver waits, and its callers with it.
        if (!_sequencer.Ended.IsCompleted) _sequencer.Abandon();
        DeactivateOnIdle();
    }
}
