using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;

namespace XmtpOrleans.Protocol.Crypto;

// ECDSA on P-256 as passkeys use it. The base library verifies; it neither expands compressed points nor insists on DER.
internal static class P256
{
    /// <summary>Bytes of a point: X and Y.</summary>
    public const int PointSize = 64;

    /// <summary>Bytes of a signature: r and s.</summary>
    public const int SignatureSize = 64;

    private static readonly BigInteger Prime = Number("0ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    private static readonly BigInteger Order = Number("0ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    private static readonly BigInteger B = Number("05ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");

    /// <summary>
    /// Reads a SEC1 point: uncompressed (4), compressed (2, 3) or compact (5: y is the smaller of the two). <see langword="false"/> for the identity,
    /// hybrid forms, other lengths, coordinates beyond the field and points off the curve.
    /// </summary>
    public static bool TryDecodePoint(ReadOnlySpan<byte> encoded, Span<byte> point)
    {
        var compressed = encoded.Length == 33 && encoded[0] is 2 or 3 or 5;
        if (!compressed && !(encoded.Length == 65 && encoded[0] == 4)) return false;
        var x = new BigInteger(encoded[1..33], isUnsigned: true, isBigEndian: true);
        if (x >= Prime) return false;
        var square = ((x * x * x) - (3 * x) + B) % Prime;
        square = square.Sign < 0 ? square + Prime : square;
        var y = compressed ? RootOf(square, encoded[0]) : new BigInteger(encoded[33..], isUnsigned: true, isBigEndian: true);
        if (y >= Prime || y * y % Prime != square) return false;
        encoded[1..33].CopyTo(point);
        WriteBigEndian(y, point[32..PointSize]);
        return true;
    }

    /// <summary>
    /// Reads a signature in strict DER: a sequence of two minimal positive integers from 1 to the order less one, and nothing after. High s is
    /// accepted and kept.
    /// </summary>
    public static bool TryReadDer(ReadOnlySpan<byte> der, Span<byte> signature)
    {
        // No signature needs more than 72 bytes, so lengths of the long form never occur.
        if (der.Length is < 8 or > 72 || der[0] != 0x30 || der[1] != der.Length - 2) return false;
        var rest = der[2..];
        return TryReadInteger(ref rest, signature[..32]) && TryReadInteger(ref rest, signature[32..SignatureSize]) && rest.IsEmpty;
    }

    /// <summary>Whether a signature (r, s) over a SHA-256 digest is by the key at <paramref name="point"/>, which was decoded before.</summary>
    public static bool Verify(ReadOnlySpan<byte> point, ReadOnlySpan<byte> digest, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = point[..32].ToArray(), Y = point[32..PointSize].ToArray() },
        });
        return key.VerifyHash(digest, signature, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool TryReadInteger(ref ReadOnlySpan<byte> rest, Span<byte> number)
    {
        if (rest.Length < 3 || rest[0] != 0x02 || rest[1] == 0 || rest[1] > rest.Length - 2) return false;
        var value = rest.Slice(2, rest[1]);
        rest = rest[(2 + value.Length)..];
        if (value[0] >= 0x80) return false;
        if (value[0] == 0)
        {
            if (value.Length == 1 || value[1] < 0x80) return false;
            value = value[1..];
        }

        if (value.Length > number.Length || new BigInteger(value, isUnsigned: true, isBigEndian: true) >= Order) return false;
        number.Clear();
        value.CopyTo(number[^value.Length..]);
        return true;
    }

    // The field's size is 3 modulo 4, so a root is one power; that it is a root at all the caller checks.
    private static BigInteger RootOf(BigInteger square, byte form)
    {
        var root = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        var other = root.IsZero ? root : Prime - root;
        return form switch
        {
            5 => BigInteger.Min(root, other),
            _ => root.IsEven == (form == 2) ? root : other,
        };
    }

    private static void WriteBigEndian(BigInteger number, Span<byte> destination)
    {
        destination.Clear();
        var length = number.GetByteCount(isUnsigned: true);
        number.TryWriteBytes(destination[^length..], out _, isUnsigned: true, isBigEndian: true);
    }

    private static BigInteger Number(string hex) => BigInteger.Parse(hex, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
