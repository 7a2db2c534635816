using Grpc.Core;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Judges identity updates by the rules that nodes judge them by. On the chain everything is final and paid for, also what no node
/// will ever accept.</summary>
internal sealed class IdentityJudge(
    InboxLog log, IUpdateVerifier verifier, IWalletVerifier wallets, IOptions<PayerOptions> options, TimeProvider clock)
{
    private static readonly SequenceId End = new(ulong.MaxValue);

    /// <summary>Whether nodes will accept the update.</summary>
    /// <returns>Why not; or the stored envelope, when it has been published before; or neither, and it may go on the chain.</returns>
    public async Task<(PublishFault? Fault, ReadOnlyMemory<byte>? Stored)> JudgeAsync(
        IReadOnlyList<NodeLink> listed, PlannedEnvelope envelope, CancellationToken cancellationToken)
    {
        // What is wrong whatever the inbox holds costs no question to anybody.
        var (update, refusal) = await VerifyAsync(envelope);
        if (update is null) return (FaultOf(refusal!), null);

        var verdicts = update.WalletChecks.Count == 0 ? [] : await wallets.VerifyAsync(update.WalletChecks, cancellationToken);
        var fault = PublishFault.Unavailable("no node could say what the inbox holds");
        foreach (var link in listed)
        {
            if (await ReadAsync(link, envelope, End, cancellationToken) is not { } replay) continue;
            if (replay.Found is { } stored) return (null, stored);
            if (update.TryApply(replay.State, verdicts, out _, out var reason)) return (null, null);

            // This node may only be behind what the client has seen on another.
            fault = FaultOf(reason);
        }

        return (fault, null);
    }

    /// <summary>Why nodes did not accept an update that had been judged well: what the chain ordered before it.</summary>
    public async Task<PublishFault> ExplainAsync(
        IReadOnlyList<NodeLink> listed, PlannedEnvelope envelope, SequenceId position, CancellationToken cancellationToken)
    {
        var (update, _) = await VerifyAsync(envelope);
        foreach (var link in listed)
        {
            if (update is null || await ReadAsync(link, envelope, position, cancellationToken) is not { } replay) continue;
            if (!update.TryApplyStored(replay.State, out _, out var reason))
            {
                return new PublishFault(StatusCode.Aborted, $"another identity update of this inbox came first: {reason.Message}");
            }
        }

        return new PublishFault(StatusCode.Aborted, "identity update was not accepted at its place in the order");
    }

    private async Task<(VerifiedIdentityUpdate? Update, IdentityRefusal? Refusal)> VerifyAsync(PlannedEnvelope envelope)
    {
        var inbox = InboxId.FromBytes(envelope.Client.Topic.Identifier);
        return (await verifier.VerifyAsync(inbox, [envelope.Client.Bytes]))[0];
    }

    private async Task<InboxLog.Replay?> ReadAsync(
        NodeLink link, PlannedEnvelope envelope, SequenceId before, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(options.Value.ReadTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var replay = await log.ReadAsync(link, envelope.Client.Topic, before, envelope.Client.Bytes, either.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return replay;
    }

    private static PublishFault FaultOf(IdentityRefusal refusal)
    {
        var text = $"identity update refused: {refusal.Message}";
        return refusal.IsRetryable ? PublishFault.Unavailable(text) : PublishFault.Invalid(text);
    }
}
