using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Grains.Originators;

/// <summary>What the sequencer counts under one lease: the last stamp and what prices depend on. It stamps batches.</summary>
internal sealed class SequencerTerm
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    private static readonly TimeSpan RatesPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ClockPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SpendPause = TimeSpan.FromMinutes(1);

    private readonly IRates _rates;
    private readonly PayerLimits _limits;
    private readonly CongestionWindow _congestion;
    private readonly ClockGuard _guard;
    private readonly MinuteSpend _spend = new();
    private readonly Dictionary<long, int> _inBatch = [];   // fingerprint → row
    private readonly Dictionary<long, int> _inRequest = []; // fingerprint → entry
    private SequenceId _last;
    private long _lastNs;
    private (long Second, Rates? Rates) _current = (long.MinValue, null);

    /// <summary>Starts where the lease says the log stands.</summary>
    public SequencerTerm(
        Lease lease, PublishHistory history, CongestionWindow congestion, ClockGuard guard, PayerLimits limits, IRates rates)
    {
        (Lease, History) = (lease, history);
        (_congestion, _guard, _limits, _rates) = (congestion, guard, limits, rates);
        (_last, _lastNs) = (lease.Last, lease.LastNs);
    }

    /// <summary>The lease.</summary>
    public Lease Lease { get; }

    /// <summary>What was published lately.</summary>
    public PublishHistory History { get; }

    /// <summary>What the next stamp would be about: the clock's time, or the last stamp while the clock is wrong.</summary>
    public long TimeAt(DateTimeOffset now) =>
        _guard.Deviation(_lastNs, now) == TimeSpan.Zero ? Math.Max(_lastNs, ClockGuard.Nanoseconds(now)) : _lastNs;

    /// <summary>Gives every entry that is not known yet its position, time, price and unsigned bytes, request by request; a request that
    /// cannot be taken whole is answered with its refusal and leaves nothing behind. The clock is asked before anything is stamped.</summary>
    /// <returns>How far the clock is outside what is tolerated; then only requests that need no stamp are left.</returns>
    public TimeSpan Stamp(SequencerBatch batch, DateTimeOffset now)
    {
        batch.Previous = _last;
        _inBatch.Clear();
        var deviation = _guard.Deviation(_lastNs, now);
        var nowNs = ClockGuard.Nanoseconds(now);
        foreach (var publish in batch.Publishes)
        {
            if (!publish.IsAnswered) Take(publish, batch, nowNs, isClockRight: deviation == TimeSpan.Zero);
        }

        History.Add(batch);
        return deviation;
    }

    private void Take(PendingPublish publish, SequencerBatch batch, long nowNs, bool isClockRight)
    {
        var entries = publish.Request.Entries;
        _inRequest.Clear();
        var stampNs = _lastNs;
        var (fresh, costMost) = (0, (Int128)0);
        for (var at = 0; at < entries.Length; at++)
        {
            if (publish.IsKnown(at) || TryFindInBatch(publish, at, batch) || !_inRequest.TryAdd(publish.Fingerprints[at], at)) continue;
            if (!isClockRight)
            {
                publish.Refuse(PublishStatus.ClockOutOfRange, ClockPause);
                return;
            }

            stampNs = Math.Max(nowNs, stampNs + 1_000);
            if (RatesAt(stampNs) is not { } rates)
            {
                publish.Refuse(PublishStatus.RatesUnavailable, RatesPause);
                return;
            }

            if (!TryBound(rates, entries[at], out var most))
            {
                publish.Refuse(PublishStatus.FeeOverflow, TimeSpan.Zero, at);
                return;
            }

            (fresh, costMost) = (fresh + 1, costMost + most);
        }

        // What is taken is not given back, so that the last of the two only looks before it takes.
        var minute = UsageMinute.Of(stampNs);
        if (!_spend.HasRoom(publish.Request.Payer, minute, fresh, costMost))
        {
            publish.Refuse(PublishStatus.FeeOverflow, SpendPause);
            return;
        }

        if (!_limits.TryTake(publish.Request.Payer, fresh, out var retryAfter))
        {
            publish.Refuse(PublishStatus.PayerLimited, retryAfter);
            return;
        }

        _spend.Add(publish.Request.Payer, minute, fresh, costMost);
        for (var at = 0; at < entries.Length; at++)
        {
            if (!publish.IsKnown(at)) publish.Rows[at] = RowOf(publish, at, batch, nowNs);
        }
    }

    private bool TryFindInBatch(PendingPublish publish, int at, SequencerBatch batch)
    {
        var found = _inBatch.TryGetValue(publish.Fingerprints[at], out var row)
            && batch.Rows[row].IsSame(publish.Request.Entries[at], publish.Request.Payer);
        if (found) publish.Rows[at] = batch.Rows[row];
        return found;
    }

    private StampedRow RowOf(PendingPublish publish, int at, SequencerBatch batch, long nowNs)
    {
        // The same envelope twice in one request is one publish, too.
        if (TryFindInBatch(publish, at, batch)) return publish.Rows[at]!;
        var row = Price(publish.Request.Payer, publish.Request.Entries[at], publish.Fingerprints[at], Math.Max(nowNs, _lastNs + 1_000));
        (_last, _lastNs) = (row.Sequence, row.OriginatorNs);
        _inBatch[row.Fingerprint] = batch.Rows.Count;
        batch.Rows.Add(row);
        return row;
    }

    private StampedRow Price(EthereumAddress payer, PublishEntry entry, long fingerprint, long stampNs)
    {
        var (sequence, originator) = (_last.Next(), Lease.Originator);
        var rates = RatesAt(stampNs) ?? throw new InvalidOperationException("rates that were there are gone");
        var charged = FeeRules.IsCharged(originator, entry.Topic.Kind);
        var counts = FeeRules.CountsForCongestion(originator, entry.Topic.Kind);
        var retention = new Retention(entry.RetentionDays);
        var (baseFee, congestionFee) = (PicoDollars.Zero, PicoDollars.Zero);
        var fits = !charged || FeeRules.TryBaseFee(rates, entry.PayerEnvelope.Length, retention, out baseFee, out _);
        if (counts)
        {
            var units = _congestion.Take(UsageMinute.Of(stampNs), rates.TargetRatePerMinute);
            fits &= FeeRules.TryCongestionFee(rates, units, out congestionFee);
        }

        if (!fits) throw new InvalidOperationException("a fee that was bounded does not fit");
        var expiry = retention.ExpiryAfter(stampNs);
        return new StampedRow
        {
            Entry = entry,
            Payer = payer,
            Fingerprint = fingerprint,
            Sequence = sequence,
            OriginatorNs = stampNs,
            ExpirySeconds = (long)expiry,
            FeePicodollars = (baseFee + congestionFee).Value,
            CountsUsage = charged,
            CountsCongestion = counts,
            Unsigned = EnvelopeEncoder.Unsigned(
                originator, sequence, stampNs, entry.PayerEnvelope, (ulong)baseFee.Value, (ulong)congestionFee.Value, expiry),
        };
    }

    // The most an entry can cost, whatever the congestion.
    private bool TryBound(Rates rates, PublishEntry entry, out Int128 most)
    {
        most = 0;
        if (!FeeRules.IsCharged(Lease.Originator, entry.Topic.Kind)) return true;
        if (!FeeRules.TryBaseFee(rates, entry.PayerEnvelope.Length, new Retention(entry.RetentionDays), out var baseFee, out _)) return false;
        most = baseFee.Value + ((Int128)rates.CongestionFee.Value * 100);
        return most <= long.MaxValue;
    }

    // Rates change at whole seconds.
    private Rates? RatesAt(long ns)
    {
        var second = ns / NanosecondsPerSecond;
        if (_current.Second != second || _current.Rates is null) _current = (second, _rates.TryGet(ns, out var rates) ? rates : null);
        return _current.Rates;
    }
}
