namespace XmtpOrleans.Protocol.Crypto;

// Arithmetic of r and s, which are big-endian numbers below the order of secp256k1.
internal static class Secp256k1Order
{
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE,
        0xBA, 0xAE, 0xDC, 0xE6, 0xAF, 0x48, 0xA0, 0x3B, 0xBF, 0xD2, 0x5E, 0x8C, 0xD0, 0x36, 0x41, 0x41,
    ];

    private static ReadOnlySpan<byte> Half =>
    [
        0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0x5D, 0x57, 0x6E, 0x73, 0x57, 0xA4, 0x50, 0x1D, 0xDF, 0xE9, 0x2F, 0x46, 0x68, 0x1B, 0x20, 0xA0,
    ];

    /// <summary>Whether 32 bytes are from 1 to the order less one.</summary>
    public static bool IsScalar(ReadOnlySpan<byte> number) => number.ContainsAnyExcept((byte)0) && number.SequenceCompareTo(Order) < 0;

    /// <summary>Replaces a scalar above half the order by the order less it.</summary>
    public static void Lower(Span<byte> scalar)
    {
        if (scalar.SequenceCompareTo(Half) <= 0) return;
        var borrow = 0;
        for (var index = scalar.Length - 1; index >= 0; index--)
        {
            var difference = Order[index] - scalar[index] - borrow;
            scalar[index] = unchecked((byte)difference);
            borrow = difference < 0 ? 1 : 0;
        }
    }
}
