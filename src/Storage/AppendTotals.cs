using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Fees;

namespace XmtpOrleans.Storage;

/// <summary>What a payer's rows of one commit add to its usage of a minute.</summary>
internal sealed class UsageTotal
{
    public required EthereumAddress Payer { get; init; }

    public required long Minute { get; init; }

    public long SpendPicodollars { get; set; }

    public long Messages { get; set; }

    public SequenceId Last { get; set; }
}

/// <summary>What a commit adds to a log's congestion of a minute.</summary>
internal sealed class CongestionTotal
{
    public required long Minute { get; init; }

    public long Messages { get; set; }
}

/// <summary>What a commit writes beside its rows, summed once for both dialects. Ascending by key, so that no two transactions lock in
/// turn.</summary>
internal sealed class AppendTotals
{
    /// <summary>How many minutes before a log's newest one its congestion is kept (04 §9.1).</summary>
    public const int CongestionMinutesKept = 60;

    private AppendTotals(
        SequenceId contiguous, IReadOnlyList<UsageTotal> usage, IReadOnlyList<CongestionTotal> congestion,
            IReadOnlyList<AddressChange> addresses) =>
        (Contiguous, Usage, Congestion, AddressChanges) = (contiguous, usage, congestion, addresses);

    /// <summary>The greatest position up to which the commit leaves no gap after <see cref="LogAppend.Previous"/>.</summary>
    public SequenceId Contiguous { get; }

    public IReadOnlyList<UsageTotal> Usage { get; }

    public IReadOnlyList<CongestionTotal> Congestion { get; }

    public IReadOnlyList<AddressChange> AddressChanges { get; }

    /// <summary>Sums a commit.</summary>
    /// <exception cref="StoreException">The commit contradicts itself: a bug of the caller.</exception>
    public static AppendTotals Of(LogAppend append)
    {
        var usage = new Dictionary<(EthereumAddress Payer, long Minute), UsageTotal>();
        var congestion = new Dictionary<long, CongestionTotal>();
        List<AddressChange>? addresses = null;
        foreach (var row in append.Rows)
        {
            var entry = row.Entry;
            var minute = UsageMinute.Of(entry.OriginatorNs);
            if (row is { CountsUsage: true, Payer: { } payer })
            {
                if (!usage.TryGetValue((payer, minute), out var total))
                {
                    usage.Add((payer, minute), total = new UsageTotal { Payer = payer, Minute = minute });
                }

                if (row.FeePicodollars > long.MaxValue - total.SpendPicodollars) throw new StoreException("The fees of a commit exceed 63 bits.");
                total.SpendPicodollars += row.FeePicodollars;
                total.Messages++;
                total.Last = entry.Sequence;
            }

            if (row.CountsCongestion)
            {
                if (!congestion.TryGetValue(minute, out var total))
                {
                    congestion.Add(minute, total = new CongestionTotal { Minute = minute });
                }

                total.Messages++;
            }

            if (entry.AddressChanges.Length > 0) (addresses ??= []).AddRange(entry.AddressChanges);
        }

        return new AppendTotals(
            ContiguousAfter(append),
            Ascending(usage.Values, (left, right) => (left.Payer, left.Minute).CompareTo((right.Payer, right.Minute))),
            Ascending(congestion.Values, (left, right) => left.Minute.CompareTo(right.Minute)),
            addresses is null ? [] : Ascending(addresses, CompareChanges));
    }

    private static List<T> Ascending<T>(IReadOnlyCollection<T> items, Comparison<T> comparison)
    {
        var list = new List<T>(items);
        if (list.Count > 1) list.Sort(comparison);
        return list;
    }

    private static int CompareChanges(AddressChange left, AddressChange right)
    {
        var order = string.CompareOrdinal(left.Address, right.Address);
        return order != 0 ? order : string.CompareOrdinal(left.Inbox.ToString(), right.Inbox.ToString());
    }

    private static SequenceId ContiguousAfter(LogAppend append)
    {
        var rejected = append.Rejected.Count == 0 ? [] : append.Rejected.Select(entry => entry.Sequence).Order().ToArray();
        var contiguous = append.Previous;
        var last = append.Previous;
        var nextRejected = 0;
        foreach (var row in append.Rows)
        {
            while (nextRejected < rejected.Length && rejected[nextRejected] < row.Entry.Sequence)
            {
                Take(rejected[nextRejected++]);
            }

            if (row.Entry.Originator != append.Lease.Originator) throw new StoreException("A commit holds a row of another log.");
            Take(row.Entry.Sequence);
        }

        while (nextRejected < rejected.Length)
        {
            Take(rejected[nextRejected++]);
        }

        return last <= append.Last ? contiguous : throw new StoreException("A commit holds positions after its own mark.");

        void Take(SequenceId position)
        {
            if (position <= last) throw new StoreException("The positions of a commit do not ascend from its previous mark.");
            if (position == contiguous.Next()) contiguous = position;
            last = position;
        }
    }
}
