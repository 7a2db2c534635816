namespace XmtpOrleans.Protocol.Fees;

/// <summary>An amount in picodollars, 10⁻¹² of a dollar: the unit of rates, fees and usage. Sums and products that do not fit throw.</summary>
public readonly record struct PicoDollars(long Value) : IComparable<PicoDollars>
{
    private const long PerMicroDollar = 1_000_000;
    private const long PerDollar = 1_000_000_000_000;

    /// <summary>Nothing.</summary>
    public static PicoDollars Zero => default;

    /// <summary>The whole microdollars (10⁻⁶, the unit of the fee token), truncated toward zero. The contracts round up instead.</summary>
    public long MicroDollars => Value / PerMicroDollar;

    /// <summary>A token amount of the contracts; <see langword="false"/> when negative or above 9,223,372,036,854 microdollars.</summary>
    public static bool TryFromMicroDollars(Int128 microDollars, out PicoDollars amount)
    {
        var fits = microDollars >= 0 && microDollars <= long.MaxValue / PerMicroDollar;
        amount = fits ? new PicoDollars((long)microDollars * PerMicroDollar) : Zero;
        return fits;
    }

    /// <inheritdoc/>
    public int CompareTo(PicoDollars other) => Value.CompareTo(other.Value);

    /// <summary>Sum.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public static PicoDollars operator +(PicoDollars left, PicoDollars right) => new(checked(left.Value + right.Value));

    /// <summary>Difference; may be negative.</summary>
    /// <exception cref="OverflowException">It does not fit.</exception>
    public static PicoDollars operator -(PicoDollars left, PicoDollars right) => new(checked(left.Value - right.Value));

    /// <summary>Whether an amount is smaller than another.</summary>
    public static bool operator <(PicoDollars left, PicoDollars right) => left.Value < right.Value;

    /// <summary>Whether an amount is greater than another.</summary>
    public static bool operator >(PicoDollars left, PicoDollars right) => left.Value > right.Value;

    /// <summary>Whether an amount is smaller than another or equals it.</summary>
    public static bool operator <=(PicoDollars left, PicoDollars right) => left.Value <= right.Value;

    /// <summary>Whether an amount is greater than another or equals it.</summary>
    public static bool operator >=(PicoDollars left, PicoDollars right) => left.Value >= right.Value;

    /// <summary>The dollars with twelve decimals, such as <c>1.250000000000</c>.</summary>
    public override string ToString()
    {
        var whole = Int128.Abs(Value);
        return $"{(Value < 0 ? "-" : "")}{whole / PerDollar}.{(long)(whole % PerDollar):D12}";
    }
}
