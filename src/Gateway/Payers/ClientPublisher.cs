using Grpc.Core;
using Microsoft.Extensions.Options;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Publishes a planned request: each envelope once, node and chain side by side, in the request's order on either.</summary>
internal sealed class ClientPublisher(
    NodePublisher nodePublisher,
    ChainPublisher chainPublisher,
    RecentPublishes recent,
    IOptions<PayerOptions> options,
    TimeProvider clock)
{
    private static readonly PublishFault TimedOut = new(StatusCode.DeadlineExceeded, "request timed out", TimeSpan.FromSeconds(1));

    /// <summary>Publishes, and says of each envelope of the plan, at its index, what became of it.</summary>
    public async Task<PublishResult[]> PublishAsync(IReadOnlyList<PlannedEnvelope> plan, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.RequestTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var results = new PublishResult[plan.Count];
        Array.Fill(results, TimedOut);
        try
        {
            // More than one round only when somebody who was publishing one of these envelopes went away.
            for (var open = plan; open.Count > 0;)
            {
                open = await PublishRoundAsync(open, results, either.Token);
            }
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Whatever has no result by now keeps the one it started with.
        }

        return results;
    }

    private async Task<IReadOnlyList<PlannedEnvelope>> PublishRoundAsync(
        IReadOnlyList<PlannedEnvelope> open, PublishResult[] results, CancellationToken cancellationToken)
    {
        var claims = open.Select(envelope => new Held(envelope, recent.Take(envelope.Key))).ToList();
        var owned = claims.Where(held => held.Claim.IsOwner).ToLookup(held => held.Envelope.Route);
        try
        {
            // Own work first: two requests that wait for each other's envelopes both get on.
            await Task.WhenAll(
                PublishToNodeAsync([.. owned[PublishRoute.Node]], results, cancellationToken),
                PublishToChainAsync([.. owned[PublishRoute.Chain]], results, cancellationToken));
        }
        finally
        {
            foreach (var held in claims.Where(held => held.Claim.IsOwner))
            {
                held.Claim.Abandon();
            }
        }

        var abandoned = new List<PlannedEnvelope>();
        foreach (var held in claims.Where(held => !held.Claim.IsOwner))
        {
            if (await held.Claim.Result.WaitAsync(cancellationToken) is { } result)
            {
                results[held.Envelope.Index] = result;
            }
            else
            {
                abandoned.Add(held.Envelope);
            }
        }

        return abandoned;
    }

    private async Task PublishToNodeAsync(IReadOnlyList<Held> group, PublishResult[] results, CancellationToken cancellationToken)
    {
        if (group.Count == 0) return;

        var (envelopes, fault) = await nodePublisher.PublishAsync([.. group.Select(held => held.Envelope)], cancellationToken);
        for (var at = 0; at < group.Count; at++)
        {
            Finish(group[at], fault is null ? envelopes[at] : fault, results);
        }
    }

    private async Task PublishToChainAsync(IReadOnlyList<Held> group, PublishResult[] results, CancellationToken cancellationToken)
    {
        foreach (var held in group)
        {
            Finish(held, await chainPublisher.PublishAsync(held.Envelope, cancellationToken), results);
        }
    }

    private static void Finish(Held held, PublishResult result, PublishResult[] results)
    {
        results[held.Envelope.Index] = result;
        held.Claim.Finish(result);
    }

    private sealed record Held(PlannedEnvelope Envelope, RecentPublishes.Claim Claim);
}
