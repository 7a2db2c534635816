using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>
/// Fingerprints of what was accepted lately, and where it stands. A hit is a hint: the row decides, by its bytes and its age. Bounded by count:
/// 16 bytes an entry, whatever clients send.
/// </summary>
/// <remarks>
/// A list of open-addressing tables, newest first, that are dropped whole from the old end: nothing is ever removed from one, and the only
/// work that grows is one table's doubling (milliseconds at most).
/// </remarks>
internal sealed class DuplicateWindow
{
    private readonly LinkedList<Segment> _segments = []; // newest first
    private readonly int _maxCount;
    private readonly int _segmentCount;

    /// <summary>An empty window.</summary>
    /// <param name="maxCount">Most entries; beyond them the oldest are forgotten.</param>
    /// <param name="segmentCount">Entries that are forgotten together.</param>
    public DuplicateWindow(int maxCount, int segmentCount = 196_608)
    {
        _maxCount = maxCount;
        _segmentCount = Math.Min(segmentCount, maxCount);
    }

    /// <summary>How many entries it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Time of the oldest entry in nanoseconds; <see cref="long.MaxValue"/> when it is empty.</summary>
    public long OldestNs => _segments.Last?.Value.OldestNs ?? long.MaxValue;

    /// <summary>The newest position that carries the fingerprint.</summary>
    public bool TryFind(long fingerprint, out SequenceId sequence)
    {
        for (var node = _segments.First; node is not null; node = node.Next)
        {
            if (node.Value.TryFind(fingerprint, out sequence)) return true;
        }

        sequence = default;
        return false;
    }

    /// <summary>Remembers an entry that is newer than every other.</summary>
    public void Add(long fingerprint, SequenceId sequence, long originatorNs)
    {
        var newest = _segments.First?.Value;
        if (newest is null || newest.Count == _segmentCount || !newest.Reaches(sequence))
        {
            newest = _segments.AddFirst(new Segment(sequence, descending: false)).Value;
        }

        Count += newest.Put(fingerprint, sequence, originatorNs, replace: true);
        while (Count > _maxCount && _segments.Count > 1) DropOldest();
    }

    /// <summary>Remembers an entry that is older than every other; <see langword="false"/> when there is no room for it.</summary>
    public bool AddOlder(StoredFingerprint stored)
    {
        if (Count >= _maxCount) return false;
        var oldest = _segments.Last?.Value;
        if (oldest is null || !oldest.Descending || oldest.Count == _segmentCount || !oldest.Reaches(stored.Sequence))
        {
            oldest = _segments.AddLast(new Segment(stored.Sequence, descending: true)).Value;
        }

        Count += oldest.Put(stored.Fingerprint, stored.Sequence, stored.OriginatorNs, replace: false);
        return true;
    }

    /// <summary>Forgets segments in which everything is older than a time.</summary>
    public void Trim(long beforeNs)
    {
        while (_segments.Last is { } oldest && oldest.Value.NewestNs < beforeNs) DropOldest();
    }

    private void DropOldest()
    {
        Count -= _segments.Last!.Value.Count;
        _segments.RemoveLast();
    }

    private sealed class Segment(SequenceId origin, bool descending)
    {
        private const int FirstSlots = 1_024;

        private long[] _fingerprints = new long[FirstSlots]; // zero: free
        private uint[] _offsets = new uint[FirstSlots];      // distance from the origin

        public bool Descending => descending;

        public int Count { get; private set; }

        public long OldestNs { get; private set; } = long.MaxValue;

        public long NewestNs { get; private set; } = long.MinValue;

        public bool Reaches(SequenceId sequence) => DistanceTo(sequence) <= uint.MaxValue;

        public bool TryFind(long fingerprint, out SequenceId sequence)
        {
            var slot = SlotOf(Marked(fingerprint));
            var found = _fingerprints[slot] != 0;
            sequence = !found ? default : new SequenceId(descending ? origin.Value - _offsets[slot] : origin.Value + _offsets[slot]);
            return found;
        }

        public int Put(long fingerprint, SequenceId sequence, long originatorNs, bool replace)
        {
            OldestNs = Math.Min(OldestNs, originatorNs);
            NewestNs = Math.Max(NewestNs, originatorNs);
            if (Count >= _fingerprints.Length / 4 * 3) Grow();
            var slot = SlotOf(Marked(fingerprint));
            var isNew = _fingerprints[slot] == 0;
            if (!isNew && !replace) return 0;
            _fingerprints[slot] = Marked(fingerprint);
            _offsets[slot] = (uint)DistanceTo(sequence);
            Count += isNew ? 1 : 0;
            return isNew ? 1 : 0;
        }

        private static long Marked(long fingerprint) => fingerprint == 0 ? 1 : fingerprint;

        private ulong DistanceTo(SequenceId sequence) => descending ? origin.Value - sequence.Value : sequence.Value - origin.Value;

        // The slot that holds the fingerprint, or the free one where it belongs. Fingerprints are keyed hashes: their low bits are random.
        private int SlotOf(long fingerprint)
        {
            var mask = _fingerprints.Length - 1;
            var slot = (int)fingerprint & mask;
            while (_fingerprints[slot] != 0 && _fingerprints[slot] != fingerprint) slot = (slot + 1) & mask;
            return slot;
        }

        private void Grow()
        {
            var (fingerprints, offsets) = (_fingerprints, _offsets);
            _fingerprints = new long[fingerprints.Length * 2];
            _offsets = new uint[offsets.Length * 2];
            for (var at = 0; at < fingerprints.Length; at++)
            {
                if (fingerprints[at] == 0) continue;
                var slot = SlotOf(fingerprints[at]);
                (_fingerprints[slot], _offsets[slot]) = (fingerprints[at], offsets[at]);
            }
        }
    }
}
