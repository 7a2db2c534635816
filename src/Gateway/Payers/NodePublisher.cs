using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Publishes envelopes through one node, and through another one when that fails (04 §4.2).</summary>
internal sealed partial class NodePublisher(
    NodeDirectory nodes,
    NodeSelector selector,
    PayerSigner signer,
    AnswerChecks checks,
    PayerMetrics metrics,
    IOptions<PayerOptions> options,
    TimeProvider clock,
    ILogger<NodePublisher> logger)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Publishes the envelopes as one group, in their order, through one originator: whoever can read one can read those before it.
    /// They succeed or fail together.</summary>
    /// <returns>The originator envelopes in the same order, or the fault of all.</returns>
    public async Task<(IReadOnlyList<ReadOnlyMemory<byte>> Envelopes, PublishFault? Fault)> PublishAsync(
        IReadOnlyList<PlannedEnvelope> group, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        var failed = 0;
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks)))
        {
            PublishFault? fault = null;
            var isAnyAway = false;
            foreach (var link in Candidates(group[0]))
            {
                (var answers, fault) = await TryAsync(link, group, cancellationToken);
                if (fault is null)
                {
                    metrics.Published(link.Id, answers.Count, failed, clock.GetElapsedTime(started));
                    return (answers, null);
                }

                if (fault.IsPermanent) return ([], fault);
                failed++;
                isAnyAway |= fault.IsUnreached && link.WasThere(options.Value.ReconnectTime);
            }

            // A node that was there a moment ago is being restarted, or its address leads elsewhere soon.
            if (!isAnyAway || clock.GetElapsedTime(started) >= options.Value.ReconnectTime) return ([], fault ?? PublishFault.Unavailable(selector.NoneText));
            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    // In a round each node is tried once. The strategy decides among the healthy ones first, as attempts at the others cost seconds.
    private IEnumerable<NodeLink> Candidates(PlannedEnvelope first)
    {
        var healthyFor = options.Value.HealthyFor;
        return selector.Order(nodes.Links, first.Client.Topic.Identifier)
            .OrderBy(link => link.IsHealthy(healthyFor) ? 0 : 1)
            .Take(options.Value.MaxAttempts);
    }

    private async Task<(IReadOnlyList<ReadOnlyMemory<byte>> Envelopes, PublishFault? Fault)> TryAsync(
        NodeLink link, IReadOnlyList<PlannedEnvelope> group, CancellationToken cancellationToken)
    {
        var sent = new ReadOnlyMemory<byte>[group.Count];
        for (var at = 0; at < sent.Length; at++)
        {
            sent[at] = signer.Seal(group[at].Client.Bytes.Span, link.Id);
        }

        using var timeout = new CancellationTokenSource(options.Value.AttemptTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            var answers = await link.PublishAsync(sent, either.Token);
            if (checks.Fault(link.Node, sent, answers) is not { } wrong) return (answers, null);

            Log.WrongAnswer(logger, link.Id.Value, wrong);
            return ([], PublishFault.Unavailable("the node gave a wrong answer"));
        }
        catch (RpcException refusal)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var isUnreached = NodeLink.IsUnreached(refusal);
            var fault = isUnreached ? PublishFault.Unreached : PublishFault.Of(refusal);
            if (!fault.IsPermanent) Log.AttemptFailed(logger, link.Id.Value, refusal.StatusCode, refusal.Status.Detail);

            if (isUnreached) link.MarkFailed(); // a busy node stays listed
            return ([], fault);
        }
        catch (Exception failure) when (failure is OperationCanceledException or ObjectDisposedException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Log.AttemptFailed(logger, link.Id.Value, StatusCode.DeadlineExceeded, failure.Message);
            return ([], new PublishFault(StatusCode.DeadlineExceeded, "the node did not answer in time", TimeSpan.FromSeconds(1)));
        }
    }
}
