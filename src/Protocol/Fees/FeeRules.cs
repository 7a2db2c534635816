using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Protocol.Fees;

/// <summary>What an envelope costs. Every node computes the same, to the picodollar; what does not fit 63 bits has no price.</summary>
public static class FeeRules
{
    /// <summary>Whether anything is charged: only what payers publish through nodes, never reports of nodes or the chain's logs.</summary>
    public static bool IsCharged(OriginatorId originator, TopicKind kind) =>
        !originator.IsChain && kind is TopicKind.GroupMessages or TopicKind.WelcomeMessages or TopicKind.KeyPackages;

    /// <summary>Whether the congestion fee applies and the envelope counts for it: not for history migrated from an older network.</summary>
    public static bool CountsForCongestion(OriginatorId originator, TopicKind kind) => originator.IsNode && IsCharged(originator, kind);

    /// <summary>The fee for the message itself and its storage, or in <paramref name="refusal"/> why there is none.</summary>
    /// <param name="rates">The rates of the envelope's time.</param>
    /// <param name="payerEnvelopeSize">Bytes of the payer envelope as the originator embeds it.</param>
    /// <param name="retention">The days paid for; "for ever" is priced as the number that stands for it.</param>
    /// <param name="fee">The fee.</param>
    /// <param name="refusal">A size or retention of zero, or a fee that does not fit.</param>
    public static bool TryBaseFee(
        Rates rates, long payerEnvelopeSize, Retention retention, out PicoDollars fee, [NotNullWhen(false)] out string? refusal)
    {
        fee = PicoDollars.Zero;
        refusal = payerEnvelopeSize <= 0 ? "payer envelope is empty" : retention.Days == 0 ? "retention is zero" : null;
        if (refusal is not null) return false;

        // Three factors of 63, 63 and 32 bits do not fit 127, the first two do.
        var perDay = (Int128)rates.StorageFee.Value * payerEnvelopeSize;
        var fits = perDay <= long.MaxValue && TryFit(rates.MessageFee.Value + (perDay * retention.Days), out fee);
        refusal = fits ? null : "storage fee calculation overflow";
        return fits;
    }

    /// <summary>The fee for that many congestion units; <see langword="false"/> when it does not fit.</summary>
    public static bool TryCongestionFee(Rates rates, int units, out PicoDollars fee)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(units);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(units, 100);
        return TryFit((Int128)rates.CongestionFee.Value * units, out fee);
    }

    private static bool TryFit(Int128 amount, out PicoDollars fee)
    {
        var fits = amount <= long.MaxValue;
        fee = fits ? new PicoDollars((long)amount) : PicoDollars.Zero;
        return fits;
    }
}
