using System.Globalization;
using System.Numerics;

namespace XmtpOrleans.Protocol.Crypto;

// A point of edwards25519 in extended coordinates (x = X/Z, y = Y/Z, T = XY/Z). The addition is complete: it holds for doubling, for the identity and
// for points of small order alike, which the non-strict verification below meets. A zeroed value is no point.
internal readonly struct EdwardsPoint
{
    private const int WindowSize = 16;

    private static readonly Curve25519Field D = Constant("37095705934669439343138083508754565189542113879843219016388785533085940283555");
    private static readonly Curve25519Field TwiceD = D + D;
    private static readonly Curve25519Field RootOfMinusOne =
        Constant("19681161376707505956807079304988542015446066515923890162744021073123829784752");

    private static readonly EdwardsPoint[] BaseMultiples = Multiples(new(
        Constant("15112221349535400772501151409588531511454012693041857206046113283949847762202"),
        Constant("46316835694926478169428394003475163141307993866256225615783033603165251855960")));

    private readonly Curve25519Field _x, _y, _z, _t;

    private EdwardsPoint(in Curve25519Field x, in Curve25519Field y)
        : this(x, y, Curve25519Field.One, x * y)
    {
    }

    private EdwardsPoint(in Curve25519Field x, in Curve25519Field y, in Curve25519Field z, in Curve25519Field t) =>
        (_x, _y, _z, _t) = (x, y, z, t);

    private static EdwardsPoint Identity => new(Curve25519Field.Zero, Curve25519Field.One);

    /// <summary>
    /// Decompresses 32 bytes as curve25519-dalek does: y of the modulus and above is taken modulo it, and x = 0 with the sign bit set is accepted
    /// (05 §4.4). <see langword="false"/> when no point has that y.
    /// </summary>
    public static bool TryDecompress(ReadOnlySpan<byte> bytes, out EdwardsPoint point)
    {
        var y = Curve25519Field.Read(bytes);
        var u = (y * y) - Curve25519Field.One;
        var v = (D * y * y) + Curve25519Field.One;
        var v3 = v * v * v;
        var x = u * v3 * (u * v3 * v3 * v).PowerToRoot();
        var check = v * x * x;
        if (!(check - u).IsZero)
        {
            if (!(check + u).IsZero)
            {
                point = default;
                return false;
            }

            x *= RootOfMinusOne;
        }

        if (x.IsOdd != (bytes[31] >> 7 != 0))
        {
            x = -x;
        }

        point = new EdwardsPoint(x, y);
        return true;
    }

    /// <summary>s·B - k·<paramref name="point"/> for little-endian scalars of 32 bytes, encoded into <paramref name="encoded"/>.</summary>
    public static void EncodeDifference(ReadOnlySpan<byte> s, ReadOnlySpan<byte> k, in EdwardsPoint point, Span<byte> encoded)
    {
        var multiples = Multiples(new(-point._x, point._y, point._z, -point._t));
        var sum = Identity;
        for (var nibble = 63; nibble >= 0; nibble--)
        {
            sum = sum.Double().Double().Double().Double() + multiples[Nibble(k, nibble)] + BaseMultiples[Nibble(s, nibble)];
        }

        sum.Encode(encoded);
    }

    public static EdwardsPoint operator +(in EdwardsPoint p, in EdwardsPoint q)
    {
        var a = (p._y - p._x) * (q._y - q._x);
        var b = (p._y + p._x) * (q._y + q._x);
        var c = p._t * q._t * TwiceD;
        var d = p._z * (q._z + q._z);
        var (e, f, g, h) = (b - a, d - c, d + c, b + a);
        return new(e * f, g * h, f * g, e * h);
    }

    private static EdwardsPoint[] Multiples(in EdwardsPoint point)
    {
        var multiples = new EdwardsPoint[WindowSize];
        multiples[0] = Identity;
        for (var index = 1; index < WindowSize; index++)
        {
            multiples[index] = multiples[index - 1] + point;
        }

        return multiples;
    }

    private static int Nibble(ReadOnlySpan<byte> scalar, int index) => (scalar[index >> 1] >> ((index & 1) * 4)) & 15;

    private static Curve25519Field Constant(string number)
    {
        Span<byte> bytes = stackalloc byte[32];
        BigInteger.Parse(number, CultureInfo.InvariantCulture).TryWriteBytes(bytes, out _, isUnsigned: true);
        return Curve25519Field.Read(bytes);
    }

    private EdwardsPoint Double()
    {
        var a = _x * _x;
        var b = _y * _y;
        var zz = _z * _z;
        var h = a + b;
        var xy = _x + _y;
        var e = h - (xy * xy);
        var g = a - b;
        var f = zz + zz + g;
        return new(e * f, g * h, f * g, e * h);
    }

    private void Encode(Span<byte> encoded)
    {
        var inverse = _z.Invert();
        (_y * inverse).Write(encoded);
        if ((_x * inverse).IsOdd)
        {
            encoded[31] |= 0x80;
        }
    }
}
