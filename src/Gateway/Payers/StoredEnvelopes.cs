using Grpc.Core;
using Microsoft.Extensions.Logging;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Reads from a node what it made of a chain event.</summary>
internal sealed partial class StoredEnvelopes(ILogger<StoredEnvelopes> logger)
{
    /// <summary>Waits until the node's log has passed the event, then reads it there. Ends early, knowing nothing, when the token fires or
    /// the node fails.</summary>
    public async Task<Reading> ReadAsync(NodeLink link, ChainEvent appended, CancellationToken cancellationToken)
    {
        var log = new OriginatorId((uint)appended.Contract);
        try
        {
            await link.WaitForMarkAsync(log, appended.Sequence, cancellationToken);
            var page = await link.QueryLogAsync(log, new SequenceId(appended.Sequence.Value - 1), limit: 1, cancellationToken);
            if (page.Count == 0) return Reading.Rejected;
            if (Fault(page[0], log, appended, out var isLater) is not { } fault) return new Reading(page[0], IsRejected: false);
            if (isLater) return Reading.Rejected;
            Log.WrongStored(logger, link.Id.Value, appended.Contract, appended.Sequence.Value, fault);
        }
        catch (Exception failure) when (failure is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            // The caller's limit, or the node is away: nothing is known, and another node may know more.
        }

        return Reading.Unknown;
    }

    private static string? Fault(ReadOnlyMemory<byte> bytes, OriginatorId log, ChainEvent appended, out bool isLater)
    {
        isLater = false;
        if (!SealedEnvelope.TryParse(bytes, out var envelope, out var refusal)) return refusal;

        isLater = envelope.Originator == log && envelope.Sequence > appended.Sequence;
        if (envelope.Originator != log || envelope.Sequence != appended.Sequence) return $"it is {envelope.Originator} {envelope.Sequence}";
        if (!envelope.Payer.Client.Bytes.Span.SequenceEqual(appended.Payload)) return "client envelope is not the one broadcast";
        return envelope.TransactionHash.Span.SequenceEqual(appended.TransactionHash) ? null : "transaction hash is not the event's";
    }

    /// <summary>What a node made of an event.</summary>
    /// <param name="Envelope">The stored originator envelope.</param>
    /// <param name="IsRejected">The node's log went past the event without storing it.</param>
    internal readonly record struct Reading(ReadOnlyMemory<byte>? Envelope, bool IsRejected)
    {
        public static Reading Unknown => default;

        public static Reading Rejected => new(Envelope: null, IsRejected: true);
    }
}
