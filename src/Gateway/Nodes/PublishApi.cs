using Grpc.Core;
using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Nodes;

/// <summary><c>PublishPayerEnvelopes</c>: parse once, check everything, publish whole or not at all, answer with the stored bytes.</summary>
internal sealed class PublishApi(IPublisher publisher, INodeReader reader, PublishChecks checks, NodeApiOptions options)
{
    private const int EnvelopesField = 1;
    private const int MaxReported = 8; // a status travels in trailers, of which clients take 16 KiB
    private const int MaxWaiting = 256;
    private const string RefusalPrefix = "error processing payer envelopes:";

    private static readonly TimeSpan WaitersPause = TimeSpan.FromMilliseconds(200);

    private int _waiting; // requests that depend on what is not stored here yet

    public async Task<ReadyMessage> PublishAsync(RpcRequest<PublishPayload> request, RpcContext context)
    {
        var sources = request.Message.Envelopes;
        if (sources.Count == 0) throw RpcErrors.InvalidArgument("missing payer envelope");
        if (sources.Count > options.MaxPublishEnvelopes)
        {
            throw RpcErrors.InvalidArgument($"too many payer envelopes: {sources.Count}, at most {options.MaxPublishEnvelopes} in a request");
        }

        // Room is taken before the first signature is recovered: a refusal for overload has to be the cheapest answer there is.
        var room = TakeRoom(request);
        try
        {
            var refusals = new List<PublishRefusal>();
            var envelopes = Read(sources, refusals, out var dependencies);
            var marks = Cursor.Empty;
            if (dependencies.Count > 0)
            {
                marks = await reader.ReadMarksAsync(context.CancellationToken);
                if (!marks.Covers(dependencies))
                {
                    // Who names a position that never comes must not keep the room of those who do not wait.
                    room.Dispose();
                    marks = await WaitForAsync(dependencies, context.CancellationToken);
                    room = TakeRoom(request);
                }
            }

            var publish = Check(envelopes, marks, refusals);
            var outcome = await publisher.PublishAsync(publish, context.TimeLeft, context.CancellationToken);
            return outcome.IsAccepted
                ? ReadyMessage.RepeatedField(EnvelopesField, Array.ConvertAll(outcome.Envelopes, bytes => new ReadOnlyMemory<byte>(bytes)))
                : throw Refuse(outcome);
        }
        finally
        {
            room.Dispose();
        }
    }

    private IDisposable TakeRoom(RpcRequest<PublishPayload> request) =>
        publisher.TryReserve(request.Message.Envelopes.Count, request.Bytes.Length, out var room, out var retryAfter)
            ? room
            : throw Overloaded(retryAfter);

    private static ParsedPayerEnvelope?[] Read(IReadOnlyList<ReadOnlyMemory<byte>> sources, List<PublishRefusal> refusals, out Cursor dependencies)
    {
        dependencies = Cursor.Empty;
        var envelopes = new ParsedPayerEnvelope?[sources.Count];
        for (var index = 0; index < sources.Count; index++)
        {
            envelopes[index] = PublishChecks.Read(sources[index], index, out var refusal);
            if (refusal is not null) refusals.Add(refusal);
            if (envelopes[index] is not { } envelope) continue;
            foreach (var (originator, sequence) in envelope.Client.DependsOn.AsSpan())
            {
                // Position zero counts, too: it says that the log is known here.
                if (originator.IsNode || (dependencies.TryGet(originator, out var named) && named >= sequence)) continue;
                dependencies = dependencies.With(originator, sequence);
            }
        }

        return envelopes;
    }

    private PublishRequest Check(ParsedPayerEnvelope?[] envelopes, Cursor marks, List<PublishRefusal> refusals)
    {
        var payer = default(EthereumAddress?);
        var isOnePayer = true;
        for (var index = 0; index < envelopes.Length; index++)
        {
            if (envelopes[index] is not { } envelope) continue;
            if (checks.Check(envelope, index, marks, out var signer) is { } refusal)
            {
                refusals.Add(refusal);
                continue;
            }

            payer ??= signer;
            isOnePayer &= payer == signer;
        }

        if (!isOnePayer) refusals.Add(new PublishRefusal("all envelopes in a request must be from the same payer"));
        if (refusals.Count > 0) throw Refuse(refusals);
        return new PublishRequest { Payer = payer!.Value, Entries = Array.ConvertAll(envelopes, envelope => PublishEntry.Of(envelope!)) };
    }

    private async ValueTask<Cursor> WaitForAsync(Cursor dependencies, CancellationToken cancellationToken)
    {
        try
        {
            // Each of them looks at every commit that passes, so there may not be any number.
            if (Interlocked.Increment(ref _waiting) > MaxWaiting) throw Overloaded(WaitersPause);
            return await reader.WaitForMarksAsync(dependencies, options.DependencyWait, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // The code stays the network's also where a retry may help: clients and gateways know no other for these (02 §8).
    private static RpcRefusalException Refuse(List<PublishRefusal> refusals)
    {
        var text = RefusalPrefix + string.Join('\n', refusals.Take(MaxReported).Select(static refusal => refusal.Text));
        if (refusals.Count > MaxReported) text += $"\nand {refusals.Count - MaxReported} more";
        return refusals.TrueForAll(static refusal => refusal.IsPassing)
            ? RpcErrors.Failure(StatusCode.InvalidArgument, text, RpcErrors.DefaultRetryAfter, details: [])
            : RpcErrors.InvalidArgument(text);
    }

    private static RpcRefusalException Overloaded(TimeSpan retryAfter) => RpcErrors.Unavailable("too many publishes are waiting", retryAfter);

    private static RpcRefusalException Refuse(PublishOutcome outcome) => outcome.Status switch
    {
        PublishStatus.PayerLimited => RpcErrors.ResourceExhausted("payer publishes faster than its limit", outcome.RetryAfter),
        PublishStatus.RatesUnavailable => RpcErrors.Unavailable("no rates are known for this time", outcome.RetryAfter),
        PublishStatus.FeeOverflow => RpcErrors.InvalidArgument(
            $"{RefusalPrefix}could not calculate base fee for envelope {outcome.EntryIndex}: storage fee calculation overflow"),
        PublishStatus.ClockOutOfRange => RpcErrors.Unavailable("this node's clock is out of range", outcome.RetryAfter),
        _ => RpcErrors.Unavailable("publish could not be stored", outcome.RetryAfter),
    };
}
