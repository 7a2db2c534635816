using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Publishes what needs one order for all nodes: broadcasts it on the chain and answers with what nodes make of it.</summary>
internal sealed partial class ChainPublisher(
    IAppChain chain,
    NodeDirectory nodes,
    StoredEnvelopes stored,
    IdentityJudge judge,
    PayerMetrics metrics,
    IOptions<PayerOptions> options,
    TimeProvider clock,
    ILogger<ChainPublisher> logger)
{
    /// <summary>Publishes one envelope.</summary>
    public async Task<PublishResult> PublishAsync(PlannedEnvelope envelope, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();

        // Without a node nobody could read it, and its client would take the broadcast for failed.
        var listed = nodes.Healthy;
        if (listed.Count == 0) return PublishFault.Unavailable("no available nodes");

        var client = envelope.Client;
        var contract = client.Topic.Kind == TopicKind.IdentityUpdates ? ChainContract.IdentityUpdates : ChainContract.GroupMessages;
        if (contract == ChainContract.IdentityUpdates)
        {
            var (fault, known) = await judge.JudgeAsync(listed, envelope, cancellationToken);
            if (fault is not null) return fault;
            if (known is { } before) return before; // sent again after an answer that was lost
        }

        BroadcastResult broadcast;
        try
        {
            broadcast = await chain.BroadcastAsync(contract, client.Topic.Bytes[1..], client.Bytes, cancellationToken);
        }
        catch (StoreException failure)
        {
            Log.ChainAway(logger, failure);
            return PublishFault.Unavailable("the chain is not available");
        }

        if (broadcast.Event is not { } appended) return PublishFault.Invalid(broadcast.Refusal ?? "the chain refused it");

        var result = await ReadStoredAsync(listed, envelope, appended, cancellationToken);
        if (result.IsPublished) metrics.Published(new((uint)contract), envelopes: 1, failedAttempts: 0, clock.GetElapsedTime(started));
        return result;
    }

    private async Task<PublishResult> ReadStoredAsync(
        IReadOnlyList<NodeLink> listed, PlannedEnvelope envelope, ChainEvent appended, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.ReadTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);

        // All listed nodes have to show it: its client reads from one of them, nobody knows which, and gives up after 200 ms.
        var readings = await Task.WhenAll(listed.Select(link => stored.ReadAsync(link, appended, either.Token)));
        cancellationToken.ThrowIfCancellationRequested();

        if (readings.FirstOrDefault(reading => reading.Envelope is not null) is { Envelope: { } found })
        {
            if (Array.Exists(readings, reading => reading.Envelope is null)) Log.NotShownByAll(logger, appended.Contract, appended.Sequence.Value);
            return found;
        }

        if (Array.Exists(readings, reading => reading.IsRejected))
        {
            return appended.Contract == ChainContract.IdentityUpdates
                ? await judge.ExplainAsync(listed, envelope, appended.Sequence, cancellationToken)
                : PublishFault.Invalid("the network did not accept the message");
        }

        Log.NotShown(logger, appended.Contract, appended.Sequence.Value);
        return PublishFault.Unavailable("the chain has it, but no node shows it yet");
    }
}
