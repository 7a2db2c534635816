using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>A cursor that one owner moves in place, so that following a log allocates nothing per commit.</summary>
internal struct PositionMap(Cursor start)
{
    private KeyValuePair<OriginatorId, SequenceId>[] _entries = start.AsSpan().ToArray();

    public readonly SequenceId this[OriginatorId originator]
    {
        get
        {
            foreach (ref readonly var entry in _entries.AsSpan())
            {
                if (entry.Key == originator) return entry.Value;
            }

            return default;
        }
    }

    public void Advance(OriginatorId originator, SequenceId position)
    {
        foreach (ref var entry in _entries.AsSpan())
        {
            if (entry.Key != originator) continue;
            if (entry.Value < position) entry = KeyValuePair.Create(originator, position);
            return;
        }

        _entries = [.. _entries, KeyValuePair.Create(originator, position)];
    }

    public readonly Cursor ToCursor() => Cursor.Of(_entries);
}
