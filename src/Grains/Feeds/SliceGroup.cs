using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>Slices that one reader gets together: those of one commit, or of several when the reader lags.</summary>
internal readonly record struct SliceGroup(FeedSlice First, FeedSlice[] More)
{
    /// <summary>The entries the reader does not have, per originator ascending; shared with other readers where possible.
    /// <see langword="false"/> when the ring dropped some of them.</summary>
    public bool TryMerge(PositionMap position, FeedScope scope, out FeedEntries entries)
    {
        if (More.Length == 0) return TryFilter(First, position, scope, out entries);
        entries = FeedEntries.Empty;
        var merged = new List<LogEntry>();
        var (commit, start) = (First.Batch, 0);
        for (var at = -1; at < More.Length; at++)
        {
            var slice = at < 0 ? First : More[at];
            if (slice.Batch != commit)
            {
                SortCommit(merged, start);
                (commit, start) = (slice.Batch, merged.Count);
            }

            if (!TryFilter(slice, position, scope, out var part)) return false;
            merged.AddRange(part.AsSpan());
        }

        SortCommit(merged, start);
        entries = merged.Count == 0 ? FeedEntries.Empty : new FeedEntries([.. merged]);
        return true;
    }

    /// <summary>Moves a reader's position over the slices.</summary>
    public void Pass(ref PositionMap position)
    {
        position.Advance(First.Originator, First.Last);
        foreach (var slice in More)
        {
            position.Advance(slice.Originator, slice.Last);
        }
    }

    // The slices of one commit are cut by topic; a reader of several topics gets the log's own order back.
    private static void SortCommit(List<LogEntry> entries, int start) =>
        entries.Sort(start, entries.Count - start, Comparer<LogEntry>.Create((left, right) => left.Sequence.CompareTo(right.Sequence)));

    private static bool TryFilter(FeedSlice slice, PositionMap position, FeedScope scope, out FeedEntries entries)
    {
        entries = FeedEntries.Empty;
        var reached = position[slice.Originator];
        if (slice.Last <= reached) return true;
        if (slice.Entries is not { } all) return false;
        entries = all[0].Sequence > reached && !scope.HasAhead ? all : Filter(all, reached, scope);
        return true;
    }

    // Apart, because its lambdas would cost the common case an allocation.
    private static FeedEntries Filter(FeedEntries all, SequenceId reached, FeedScope scope) =>
        all.All(entry => entry.Sequence > reached && !scope.Has(entry))
            ? all
            : [.. all.Where(entry => entry.Sequence > reached && !scope.Has(entry))];
}
