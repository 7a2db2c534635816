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
    private const string RefusalPrefix = "error processing payer envelopes:";

    public async Task<ReadyMessage> PublishAsync(RpcRequest<PublishPayload> request, RpcContext context)
    {
        var sources = request.Message.Envelopes;
        if (sources.Count == 0) throw RpcErrors.InvalidArgument("missing payer envelope");
        if (sources.Count > options.MaxPublishEnvelopes)
        {
            throw RpcErrors.InvalidArgument($"too many payer envelopes: {sources.Count}, at most {options.MaxPublishEnvelopes} in a request");
        }

        // Room is taken before the first signature is recovered: a refusal for overload has to be the cheapest answer there is.
        if (!publisher.TryReserve(sources.Count, request.Bytes.Length, out var reservation, out var retryAfter))
        {
            throw RpcErrors.Unavailable("too many publishes are waiting", retryAfter);
        }

        using (reservation)
        {
            var publish = await CheckAsync(sources, context.CancellationToken);
            var outcome = await publisher.PublishAsync(publish, context.CancellationToken);
            return outcome.IsAccepted
                ? ReadyMessage.RepeatedField(EnvelopesField, Array.ConvertAll(outcome.Envelopes, bytes => new ReadOnlyMemory<byte>(bytes)))
                : throw Refuse(outcome);
        }
    }

    private async ValueTask<PublishRequest> CheckAsync(IReadOnlyList<ReadOnlyMemory<byte>> sources, CancellationToken cancellationToken)
    {
        var refusals = new List<string>();
        var envelopes = new ParsedPayerEnvelope?[sources.Count];
        var dependencies = Cursor.Empty;
        for (var index = 0; index < sources.Count; index++)
        {
            envelopes[index] = PublishChecks.Read(sources[index], index, out var refusal);
            if (envelopes[index] is not { } envelope)
            {
                refusals.Add(refusal);
                continue;
            }

            foreach (var (originator, sequence) in envelope.Client.DependsOn.AsSpan())
            {
                if (!originator.IsNode) dependencies = dependencies.Advance(originator, sequence);
            }
        }

        var marks = await MarksForAsync(dependencies, cancellationToken);
        var payer = default(EthereumAddress?);
        var isOnePayer = true;
        for (var index = 0; index < sources.Count; index++)
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

        if (!isOnePayer) refusals.Add("all envelopes in a request must be from the same payer");
        if (refusals.Count > 0) throw RpcErrors.InvalidArgument(RefusalPrefix + string.Join('\n', refusals));
        return new PublishRequest { Payer = payer!.Value, Entries = Array.ConvertAll(envelopes, envelope => PublishEntry.Of(envelope!)) };
    }

    private ValueTask<Cursor> MarksForAsync(Cursor dependencies, CancellationToken cancellationToken) => dependencies.Count == 0
        ? ValueTask.FromResult(Cursor.Empty)
        : reader.WaitForMarksAsync(dependencies, options.DependencyWait, cancellationToken);

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
