using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Placement;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>Hosts the <see cref="ChainLog"/> of one contract.</summary>
[GrainType(ChainLogGrain.TypeName), Reentrant, InTurnPlacement, Immovable, CollectionAgeLimit(AlwaysActive = true)]
internal sealed class ChainLogGrain(
    IEnvelopeStore store,
    IAppChain chain,
    IInboxValidator inboxes,
    Admission admission,
    IOptions<ChainLogOptions> options,
    ChainLogMetrics metrics,
    HostedLogs hosted,
    TimeProvider clock,
    [FromKeyedServices(OriginatorServices.Uptime)] TimeProvider uptime,
    ILogger<ChainLog> logger) : Grain, IChainLogGrain
{
    /// <summary>The name of this kind of grain in the cluster; it never changes.</summary>
    public const string TypeName = "xmtp.chain-log";

    private ChainLog _log = null!; // set before the first call
    private Task _watch = Task.CompletedTask;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var contract = (ChainContract)this.GetPrimaryKeyLong();
        _log = new ChainLog(contract, store, chain, inboxes, admission, options.Value, metrics, clock, uptime, Random.Shared, logger);
        _watch = WatchAsync();
        hosted.Add(GrainContext, _log.ReleaseReaders);

        // Whatever brought it here, a move or somebody's read: until a silo names it again, somebody's update would wait.
        _log.Follow();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _log.DrainAsync();
        await _watch;
    }

    /// <inheritdoc/>
    public Task FollowAsync()
    {
        _log.Follow();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<FeedReply> ReadAsync(SequenceId after, int maxBytes, TimeSpan wait) => _log.ReadAsync(after, maxBytes, wait);

    /// <inheritdoc/>
    public Task<SequenceId> HeadAsync() => Task.FromResult(_log.Head);

    private async Task WatchAsync()
    {
        await _log.Ended;
        DeactivateOnIdle();
    }
}
