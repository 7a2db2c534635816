using System.Buffers.Binary;

namespace XmtpOrleans.Protocol.Crypto;

// A number modulo 2^255 - 19 in five limbs of 51 bits. Results of all operations but Add have limbs below 2^52; Multiply takes limbs below 2^54, so one
// Add may stand between. Not constant-time: everything it is used for is public.
internal readonly struct Curve25519Field
{
    private const ulong Mask = (1UL << 51) - 1;

    private readonly ulong _l0, _l1, _l2, _l3, _l4;

    private Curve25519Field(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4) => (_l0, _l1, _l2, _l3, _l4) = (l0, l1, l2, l3, l4);

    public static Curve25519Field Zero => default;

    public static Curve25519Field One { get; } = new(1, 0, 0, 0, 0);

    public bool IsZero
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            Write(bytes);
            return bytes.IndexOfAnyExcept((byte)0) < 0;
        }
    }

    public bool IsOdd
    {
        get
        {
            Span<byte> bytes = stackalloc byte[32];
            Write(bytes);
            return (bytes[0] & 1) != 0;
        }
    }

    public static Curve25519Field operator +(in Curve25519Field a, in Curve25519Field b) =>
        new(a._l0 + b._l0, a._l1 + b._l1, a._l2 + b._l2, a._l3 + b._l3, a._l4 + b._l4);

    // Sixteen times the modulus is added first, so that no limb falls below zero.
    public static Curve25519Field operator -(in Curve25519Field a, in Curve25519Field b) => Carry(
        a._l0 + ((Mask - 18) << 4) - b._l0,
        a._l1 + (Mask << 4) - b._l1,
        a._l2 + (Mask << 4) - b._l2,
        a._l3 + (Mask << 4) - b._l3,
        a._l4 + (Mask << 4) - b._l4);

    public static Curve25519Field operator -(in Curve25519Field a) => Zero - a;

    public static Curve25519Field operator *(in Curve25519Field a, in Curve25519Field b)
    {
        ulong b1 = b._l1 * 19, b2 = b._l2 * 19, b3 = b._l3 * 19, b4 = b._l4 * 19;
        var r0 = Product(a._l0, b._l0) + Product(a._l4, b1) + Product(a._l3, b2) + Product(a._l2, b3) + Product(a._l1, b4);
        var r1 = Product(a._l1, b._l0) + Product(a._l0, b._l1) + Product(a._l4, b2) + Product(a._l3, b3) + Product(a._l2, b4);
        var r2 = Product(a._l2, b._l0) + Product(a._l1, b._l1) + Product(a._l0, b._l2) + Product(a._l4, b3) + Product(a._l3, b4);
        var r3 = Product(a._l3, b._l0) + Product(a._l2, b._l1) + Product(a._l1, b._l2) + Product(a._l0, b._l3) + Product(a._l4, b4);
        var r4 = Product(a._l4, b._l0) + Product(a._l3, b._l1) + Product(a._l2, b._l2) + Product(a._l1, b._l3) + Product(a._l0, b._l4);
        r1 += r0 >> 51;
        r2 += r1 >> 51;
        r3 += r2 >> 51;
        r4 += r3 >> 51;
        var l0 = ((ulong)r0 & Mask) + ((ulong)(r4 >> 51) * 19);
        return new(l0 & Mask, ((ulong)r1 & Mask) + (l0 >> 51), (ulong)r2 & Mask, (ulong)r3 & Mask, (ulong)r4 & Mask);
    }

    /// <summary>Reads 32 little-endian bytes without their top bit; values of the modulus and above are taken modulo it.</summary>
    public static Curve25519Field Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[6..]) >> 3) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[12..]) >> 6) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[19..]) >> 1) & Mask,
        (BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]) >> 12) & Mask);

    /// <summary>Writes the canonical 32 little-endian bytes.</summary>
    public void Write(Span<byte> bytes)
    {
        var t = Carry(_l0, _l1, _l2, _l3, _l4);
        // The carry out of the top of (t + 19) is 1 exactly when t is the modulus or above, which is then taken off.
        var q = (t._l0 + 19) >> 51;
        q = (t._l1 + q) >> 51;
        q = (t._l2 + q) >> 51;
        q = (t._l3 + q) >> 51;
        q = (t._l4 + q) >> 51;
        var l0 = t._l0 + (19 * q);
        var l1 = t._l1 + (l0 >> 51);
        var l2 = t._l2 + (l1 >> 51);
        var l3 = t._l3 + (l2 >> 51);
        var l4 = (t._l4 + (l3 >> 51)) & Mask;
        (l0, l1, l2, l3) = (l0 & Mask, l1 & Mask, l2 & Mask, l3 & Mask);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, l0 | (l1 << 51));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[8..], (l1 >> 13) | (l2 << 38));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], (l2 >> 26) | (l3 << 25));
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], (l3 >> 39) | (l4 << 12));
    }

    public Curve25519Field Invert()
    {
        // p - 2 = 2^255 - 21: the shared chain to 2^252 - 3, three squarings, and the missing 3.
        var cube = this * this * this;
        return PowerToRoot().SquareTimes(3) * cube;
    }

    /// <summary>Raises to 2^252 - 3, that is (p - 5) / 8.</summary>
    public Curve25519Field PowerToRoot()
    {
        var two = this * this;
        var nine = two.SquareTimes(2) * this;
        var eleven = nine * two;
        var bits5 = eleven.SquareTimes(1) * nine;
        var bits10 = bits5.SquareTimes(5) * bits5;
        var bits20 = bits10.SquareTimes(10) * bits10;
        var bits40 = bits20.SquareTimes(20) * bits20;
        var bits50 = bits40.SquareTimes(10) * bits10;
        var bits100 = bits50.SquareTimes(50) * bits50;
        var bits200 = bits100.SquareTimes(100) * bits100;
        var bits250 = bits200.SquareTimes(50) * bits50;
        return bits250.SquareTimes(2) * this;
    }

    private static UInt128 Product(ulong a, ulong b) => Math.BigMul(a, b);

    private static Curve25519Field Carry(ulong l0, ulong l1, ulong l2, ulong l3, ulong l4) => new(
        (l0 & Mask) + ((l4 >> 51) * 19),
        (l1 & Mask) + (l0 >> 51),
        (l2 & Mask) + (l1 >> 51),
        (l3 & Mask) + (l2 >> 51),
        (l4 & Mask) + (l3 >> 51));

    private Curve25519Field SquareTimes(int count)
    {
        var result = this;
        for (var round = 0; round < count; round++)
        {
            result *= result;
        }

        return result;
    }
}
