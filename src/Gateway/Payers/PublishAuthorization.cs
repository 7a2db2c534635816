using XmtpOrleans.Gateway.Rpc;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Gateway.Payers;

/// <summary>Puts a planned request before the operator's authorisers.</summary>
internal sealed class PublishAuthorization(IEnumerable<IPublishAuthorizer> authorizers, IRates rates, TimeProvider clock)
{
    // What a payer envelope adds to its client envelope: signature, target, retention and the lengths.
    private const int PayerEnvelopeBytes = 80;
    private const int MaxCongestionUnits = 100;

    private readonly IPublishAuthorizer[] _authorizers = [.. authorizers];

    /// <summary>Returns when every authoriser agrees.</summary>
    /// <exception cref="RpcRefusalException">One does not.</exception>
    public async ValueTask AuthorizeAsync(IReadOnlyList<PlannedEnvelope> plan, RpcContext context)
    {
        if (_authorizers.Length == 0) return;

        var identity = context.Identity ?? AddressOf(context);
        var summary = Summarize(plan);
        foreach (var authorizer in _authorizers)
        {
            if (!await authorizer.AuthorizeAsync(identity, summary, context.CancellationToken)) throw RpcErrors.PermissionDenied("unauthorized");
        }
    }

    // Somebody without an address would share the empty identity with everybody else who has none.
    private static RpcIdentity AddressOf(RpcContext context) => context.ClientAddress is { } address
        ? new RpcIdentity(RpcIdentityKind.Address, address.ToString())
        : throw RpcErrors.Unauthenticated("the caller's address is not known");

    private PublishSummary Summarize(IReadOnlyList<PlannedEnvelope> plan)
    {
        var nowNs = (clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        var current = rates.TryGet(nowNs, out var known) ? known : null;
        var fees = PicoDollars.Zero;
        foreach (var envelope in plan)
        {
            if (envelope.Route != PublishRoute.Node || current is null) continue;
            var size = envelope.Client.Bytes.Length + PayerEnvelopeBytes;
            if (FeeRules.TryBaseFee(current, size, new Retention(PayerSigner.RetentionDays), out var fee, out _)) fees += fee;
            if (FeeRules.TryCongestionFee(current, MaxCongestionUnits, out var congestion)) fees += congestion;
        }

        return new PublishSummary(
            plan.Count,
            plan.Count(envelope => envelope.Route == PublishRoute.Chain),
            plan.Sum(envelope => (long)envelope.Client.Bytes.Length),
            fees);
    }
}
