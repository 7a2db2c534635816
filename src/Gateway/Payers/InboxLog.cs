using Grpc.Core;
using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Reads an inbox as a node serves it.</summary>
internal sealed partial class InboxLog(IUpdateVerifier verifier, ILogger<InboxLog> logger)
{
    /// <summary>Replays the inbox's updates before a position.</summary>
    /// <param name="link">The node to ask.</param>
    /// <param name="topic">The inbox's topic.</param>
    /// <param name="before">The first position that does not count.</param>
    /// <param name="wanted">A client envelope to look for among them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>What there is; <see langword="null"/> when the node failed, took too long, or serves what is no inbox.</returns>
    public async Task<Replay?> ReadAsync(
        NodeLink link, Topic topic, SequenceId before, ReadOnlyMemory<byte> wanted, CancellationToken cancellationToken)
    {
        var replay = new Replay();
        var from = default(SequenceId);
        try
        {
            while (true)
            {
                var page = await link.QueryTopicAsync(topic, Cursor.Of(OriginatorId.IdentityUpdatesChain, from), cancellationToken);
                if (page.Count == 0) return replay;

                var updates = Read(page, before, from) ?? throw new NodeFaultException("the page is not in order");
                replay = await ApplyAsync(replay, InboxId.FromBytes(topic.Identifier), updates, wanted);
                if (updates.Count < page.Count) return replay;
                from = updates[^1].Sequence;
            }
        }
        catch (NodeFaultException fault)
        {
            Log.WrongInbox(logger, link.Id.Value, fault.Message);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller's limit, or the node is away: another one may answer.
        }

        return null;
    }

    // Stops at the position that does not count; null when the node serves something else than the log goes on with.
    private static List<SealedEnvelope>? Read(IReadOnlyList<ReadOnlyMemory<byte>> page, SequenceId before, SequenceId from)
    {
        var updates = new List<SealedEnvelope>(page.Count);
        foreach (var bytes in page)
        {
            if (!SealedEnvelope.TryParse(bytes, out var envelope, out _)) return null;
            if (envelope.Originator != OriginatorId.IdentityUpdatesChain || envelope.Sequence <= from) return null;
            if (envelope.Sequence >= before) return updates;
            from = envelope.Sequence;
            updates.Add(envelope);
        }

        return updates;
    }

    private async Task<Replay> ApplyAsync(Replay replay, InboxId inbox, List<SealedEnvelope> updates, ReadOnlyMemory<byte> wanted)
    {
        var read = await verifier.VerifyAsync(inbox, [.. updates.Select(update => update.Payer.Client.Bytes)]);
        for (var at = 0; at < updates.Count; at++)
        {
            var refusal = read[at].Refusal;
            var state = replay.State;
            if (read[at].Update?.TryApplyStored(state, out state, out refusal) != true)
            {
                throw new NodeFaultException($"update {updates[at].Sequence} does not apply: {refusal?.Message}");
            }

            var isWanted = updates[at].Payer.Client.Bytes.Span.SequenceEqual(wanted.Span);
            replay = new Replay { State = state, Found = isWanted ? updates[at].Bytes : replay.Found };
        }

        return replay;
    }

    /// <summary>What a node serves of an inbox.</summary>
    internal sealed class Replay
    {
        /// <summary>The inbox after its updates; <see langword="null"/> before the first.</summary>
        public AssociationState? State { get; init; }

        /// <summary>The originator envelope around the client envelope that was looked for.</summary>
        public ReadOnlyMemory<byte>? Found { get; init; }
    }

    private sealed class NodeFaultException(string message) : Exception(message);
}
