using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Simulation;

/// <summary>What must hold of this node's own log whatever happens: invariants I1 to I6 and one row to a publish.</summary>
internal sealed class LogModel(World world, FakeEnvelopeStore store)
{
    private static readonly TimeSpan MostAhead = TimeSpan.FromSeconds(31); // the guard's limit, and the time of a lease call

    private readonly Dictionary<ulong, byte[]> _shown = [];

    /// <summary>Envelopes that clients were told are stored.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>An envelope left the node: the only one of its position, and durable already (I2, I3).</summary>
    public SealedEnvelope Shown(byte[] bytes, string where)
    {
        var envelope = Parse(bytes, where);
        var sequence = envelope.Sequence;
        if (_shown.TryGetValue(sequence.Value, out var before))
        {
            Require(before.AsSpan().SequenceEqual(bytes), $"{where}: two envelopes of sequence id {sequence}");
        }

        _shown[sequence.Value] = bytes;
        var stored = Find(sequence);
        Require(stored is not null && stored.Entry.Bytes.AsSpan().SequenceEqual(bytes), $"{where}: sequence id {sequence} is not durable");
        return envelope;
    }

    /// <summary>A client got an answer.</summary>
    public void Answered(PublishRequest request, PublishOutcome outcome)
    {
        if (!outcome.IsAccepted)
        {
            Require(outcome.Envelopes.Length == 0, "a refusal carries envelopes");
            return;
        }

        Require(outcome.Envelopes.Length == request.Entries.Length, "one envelope for each entry");
        for (var at = 0; at < request.Entries.Length; at++)
        {
            var envelope = Shown(outcome.Envelopes[at], "answer");
            Require(envelope.Payer.Client.Bytes.Span.SequenceEqual(request.Entries[at].ClientEnvelope), "the answer is of another publish");
            Require(Find(envelope.Sequence)!.Payer == request.Payer, "the answer is of another payer's publish");
        }

        Acknowledged += request.Entries.Length;
    }

    /// <summary>A commit took effect.</summary>
    public void Committed()
    {
        var rows = store.Rows(TestPublishes.Node);
        if (rows.Count == 0) return;
        var newestNs = rows[^1].Entry.OriginatorNs;
        var nowNs = (SimClock.Start + world.Now - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
        Require(newestNs - nowNs <= MostAhead.Ticks * TimeSpan.NanosecondsPerTick, "a stamp is too far ahead of the true time");
    }

    /// <summary>Everything that can only be said at the end.</summary>
    public void CheckLog(IEnumerable<PublishRequest> requests)
    {
        var rows = store.Rows(TestPublishes.Node);
        for (var at = 0; at < rows.Count; at++)
        {
            var (row, entry) = (rows[at], rows[at].Entry);
            Require(entry.Sequence.Value == (ulong)at + 1, $"sequence id {entry.Sequence} stands at place {at + 1}");
            Require(at == 0 || entry.OriginatorNs > rows[at - 1].Entry.OriginatorNs, $"the time of {entry.Sequence} does not rise");
            Require(entry.OriginatorNs % 1_000 == 0, "a time is not in whole microseconds");
            var envelope = Shown(entry.Bytes, "log");
            Require(envelope.OriginatorNs == entry.OriginatorNs && envelope.Sequence == entry.Sequence, "a row is not of its envelope");
            Require(row.FeePicodollars == (long)(envelope.BaseFee + envelope.CongestionFee), "a row has another fee than its envelope");
        }

        CheckCongestion(rows);
        CheckStoredOnce(rows);
        CheckWhole(rows, requests);
        foreach (var sequence in _shown.Keys) Require(sequence <= (ulong)rows.Count, $"{sequence} was shown and is not stored");
    }

    /// <summary>Fails the run.</summary>
    public static void Require(bool condition, string broken)
    {
        if (!condition) throw new ModelException(broken);
    }

    // Pricing in batches, over all activations, gives what pricing one by one would (04 §8.5).
    private static void CheckCongestion(IReadOnlyList<LogRow> rows)
    {
        CongestionWindow? window = null;
        foreach (var row in rows)
        {
            var minute = UsageMinute.Of(row.Entry.OriginatorNs);
            window ??= new CongestionWindow(minute, new long[Congestion.Minutes]);
            var units = window.Take(minute, targetRatePerMinute: 20);
            var envelope = Parse(row.Entry.Bytes, "log");
            Require(
                envelope.CongestionFee == (ulong)(Rates.Default.CongestionFee.Value * units), $"the congestion fee of {row.Entry.Sequence} is wrong");
        }
    }

    private static void CheckStoredOnce(IReadOnlyList<LogRow> rows)
    {
        var seen = new Dictionary<string, SequenceId>();
        foreach (var row in rows)
        {
            var publish = $"{row.Payer} {Convert.ToHexString(Parse(row.Entry.Bytes, "log").Payer.Client.Bytes.Span)}";
            Require(seen.TryAdd(publish, row.Entry.Sequence), $"{row.Entry.Sequence} is the publish of {seen.GetValueOrDefault(publish)} again");
        }
    }

    private static void CheckWhole(IReadOnlyList<LogRow> rows, IEnumerable<PublishRequest> requests)
    {
        var stored = new HashSet<string>();
        foreach (var row in rows)
        {
            var envelope = Parse(row.Entry.Bytes, "log");
            stored.Add(Convert.ToHexString(envelope.Payer.Client.Bytes.Span));
        }

        foreach (var request in requests)
        {
            var there = request.Entries.Count(entry => stored.Contains(Convert.ToHexString(entry.ClientEnvelope)));
            Require(there == 0 || there == request.Entries.Length, $"{there} of {request.Entries.Length} entries of a request are stored");
        }
    }

    private static SealedEnvelope Parse(byte[] bytes, string where) =>
        SealedEnvelope.TryParse(bytes, out var envelope, out var refusal) ? envelope : throw new ModelException($"{where}: {refusal}");

    private LogRow? Find(SequenceId sequence)
    {
        var rows = store.Rows(TestPublishes.Node);
        return sequence.Value >= 1 && sequence.Value <= (ulong)rows.Count ? rows[(int)sequence.Value - 1] : null;
    }
}
