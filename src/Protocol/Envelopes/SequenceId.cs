namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>Position of an envelope in its originator's log. Zero means "nothing yet"; the first envelope is 1.</summary>
public readonly record struct SequenceId(ulong Value) : IComparable<SequenceId>
{
    /// <summary>Greatest position that stores and peers can hold (signed 64 bits).</summary>
    public const ulong MaxValue = long.MaxValue;

    /// <summary>The position after this one.</summary>
    /// <exception cref="OverflowException">The log is at its end.</exception>
    public SequenceId Next() => new(checked(Value + 1));

    /// <inheritdoc/>
    public int CompareTo(SequenceId other) => Value.CompareTo(other.Value);

    /// <summary>Whether a log position lies before another.</summary>
    public static bool operator <(SequenceId left, SequenceId right) => left.Value < right.Value;

    /// <summary>Whether a log position lies after another.</summary>
    public static bool operator >(SequenceId left, SequenceId right) => left.Value > right.Value;

    /// <summary>Whether a log position lies before another or equals it.</summary>
    public static bool operator <=(SequenceId left, SequenceId right) => left.Value <= right.Value;

    /// <summary>Whether a log position lies after another or equals it.</summary>
    public static bool operator >=(SequenceId left, SequenceId right) => left.Value >= right.Value;

    /// <summary>The position in decimal.</summary>
    public override string ToString() => Value.ToString();
}
