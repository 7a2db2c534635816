using System.Globalization;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>Who ordered an envelope: a chain contract (0, 1), the migration of an older network (10 to 14) or a node (100, 200, …).</summary>
public readonly record struct OriginatorId(uint Value) : IComparable<OriginatorId>
{
    /// <summary>Greatest id that stores and peers can hold (signed 32 bits).</summary>
    public const uint MaxValue = int.MaxValue;

    /// <summary>Ids below this are never nodes.</summary>
    public const uint FirstNode = 100;

    /// <summary>MLS commits and proposals, ordered by the chain.</summary>
    public static OriginatorId GroupMessagesChain => new(0);

    /// <summary>Identity updates, ordered by the chain.</summary>
    public static OriginatorId IdentityUpdatesChain => new(1);

    /// <summary>Whether the log is read from a chain contract.</summary>
    public bool IsChain => Value <= 1;

    /// <summary>Whether the log belongs to a registered node.</summary>
    public bool IsNode => Value >= FirstNode;

    /// <summary>Reads a node's id in decimal; <see langword="false"/> for anything else, the ids of other logs among it.</summary>
    public static bool TryParseNode(string text, out OriginatorId node)
    {
        var isNode = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id is >= FirstNode and <= MaxValue;
        node = isNode ? new OriginatorId(id) : default;
        return isNode;
    }

    /// <inheritdoc/>
    public int CompareTo(OriginatorId other) => Value.CompareTo(other.Value);

    /// <summary>Whether an id is smaller than another.</summary>
    public static bool operator <(OriginatorId left, OriginatorId right) => left.Value < right.Value;

    /// <summary>Whether an id is greater than another.</summary>
    public static bool operator >(OriginatorId left, OriginatorId right) => left.Value > right.Value;

    /// <summary>Whether an id is smaller than another or equals it.</summary>
    public static bool operator <=(OriginatorId left, OriginatorId right) => left.Value <= right.Value;

    /// <summary>Whether an id is greater than another or equals it.</summary>
    public static bool operator >=(OriginatorId left, OriginatorId right) => left.Value >= right.Value;

    /// <summary>The id in decimal.</summary>
    public override string ToString() => Value.ToString();
}
