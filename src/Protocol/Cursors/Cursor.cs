using System.Collections;
using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Protocol.Envelopes;
using WireCursor = Xmtp.Xmtpv4.Envelopes.Cursor;

namespace XmtpOrleans.Protocol.Cursors;

/// <summary>A vector clock: the last position seen of each originator's log; an originator it does not name counts as zero. Immutable.</summary>
/// <remarks>Readers resume from one, publishers state dependencies with one, and the marks of a node are one.</remarks>
public sealed class Cursor : IReadOnlyCollection<KeyValuePair<OriginatorId, SequenceId>>, IEquatable<Cursor>
{
    /// <summary>Most originators a client may name in one cursor (02 §11).</summary>
    public const int MaxClientEntries = 100;

    private readonly KeyValuePair<OriginatorId, SequenceId>[] _entries; // ascending by originator, each once

    private Cursor(KeyValuePair<OriginatorId, SequenceId>[] entries) => _entries = entries;

    /// <summary>Names no originator: everything is after it.</summary>
    public static Cursor Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _entries.Length;

    /// <summary>The position of that originator, zero when the cursor does not name it.</summary>
    public SequenceId this[OriginatorId originator] => TryGet(originator, out var position) ? position : default;

    /// <summary>Takes over the positions; the last of an originator named twice counts.</summary>
    public static Cursor Of(IEnumerable<KeyValuePair<OriginatorId, SequenceId>> positions)
    {
        var map = new SortedDictionary<OriginatorId, SequenceId>();
        foreach (var (originator, position) in positions)
        {
            map[originator] = position;
        }

        return map.Count == 0 ? Empty : new Cursor([.. map]);
    }

    /// <summary>A cursor that names one originator.</summary>
    public static Cursor Of(OriginatorId originator, SequenceId position) => new([KeyValuePair.Create(originator, position)]);

    /// <summary>Reads a cursor that a client or peer sent; an absent one is <see cref="Empty"/>.</summary>
    /// <param name="source">The message, or <see langword="null"/> when the field is not set.</param>
    /// <param name="maxEntries">Entries above this are refused.</param>
    /// <param name="cursor">The cursor read.</param>
    /// <param name="refusal">Why not, in words for the caller.</param>
    public static bool TryParse(
        WireCursor? source, int maxEntries, [NotNullWhen(true)] out Cursor? cursor, [NotNullWhen(false)] out string? refusal)
    {
        (cursor, refusal) = (Empty, null);
        if (source is null || source.NodeIdToSequenceId.Count == 0) return true;
        if (source.NodeIdToSequenceId.Count > maxEntries)
        {
            (cursor, refusal) = (null, $"vector clock length exceeds maximum of {maxEntries}");
            return false;
        }

        foreach (var (id, sequence) in source.NodeIdToSequenceId)
        {
            if (id > OriginatorId.MaxValue || sequence > SequenceId.MaxValue)
            {
                (cursor, refusal) = (null, $"vector clock entry {id}: {sequence} is out of range");
                return false;
            }
        }

        cursor = Of(source.NodeIdToSequenceId.Select(entry =>
            KeyValuePair.Create(new OriginatorId(entry.Key), new SequenceId(entry.Value))));
        return true;
    }

    /// <summary>The position of that originator; <see langword="false"/> when the cursor does not name it.</summary>
    public bool TryGet(OriginatorId originator, out SequenceId position)
    {
        // A cursor names a handful of originators, where a scan beats every index.
        foreach (var entry in _entries)
        {
            if (entry.Key != originator) continue;
            position = entry.Value;
            return true;
        }

        position = default;
        return false;
    }

    /// <summary>This cursor with one originator's position set; the same instance when nothing changes.</summary>
    public Cursor With(OriginatorId originator, SequenceId position)
    {
        var at = Array.FindIndex(_entries, entry => entry.Key >= originator);
        if (at >= 0 && _entries[at].Key == originator)
        {
            if (_entries[at].Value == position) return this;
            var changed = _entries.ToArray();
            changed[at] = KeyValuePair.Create(originator, position);
            return new Cursor(changed);
        }

        at = at < 0 ? _entries.Length : at;
        return new Cursor([.. _entries[..at], KeyValuePair.Create(originator, position), .. _entries[at..]]);
    }

    /// <summary>This cursor moved forward to a position; unchanged when it is there already or beyond.</summary>
    public Cursor Advance(OriginatorId originator, SequenceId position) => this[originator] < position ? With(originator, position) : this;

    /// <summary>The further position of each originator that either names; this instance when it covers the other.</summary>
    public Cursor Join(Cursor other)
    {
        var joined = this;
        foreach (var (originator, position) in other._entries)
        {
            joined = joined.Advance(originator, position);
        }

        return joined;
    }

    /// <summary>Whether every position the other one names is reached by this one.</summary>
    public bool Covers(Cursor other)
    {
        foreach (var (originator, position) in other._entries)
        {
            if (this[originator] < position) return false;
        }

        return true;
    }

    /// <summary>The message that carries this cursor.</summary>
    public WireCursor ToWire()
    {
        var wire = new WireCursor();
        foreach (var (originator, position) in _entries)
        {
            wire.NodeIdToSequenceId.Add(originator.Value, position.Value);
        }

        return wire;
    }

    /// <summary>The entries, ascending by originator.</summary>
    public ReadOnlySpan<KeyValuePair<OriginatorId, SequenceId>> AsSpan() => _entries;

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<OriginatorId, SequenceId>> GetEnumerator() => _entries.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _entries.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Cursor? other) => other is not null && _entries.AsSpan().SequenceEqual(other._entries);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Cursor);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var entry in _entries)
        {
            hash.Add(entry);
        }

        return hash.ToHashCode();
    }

    /// <summary>As <c>{0:5,100:9}</c>.</summary>
    public override string ToString() => $"{{{string.Join(',', _entries.Select(entry => $"{entry.Key}:{entry.Value}"))}}}";
}
