using System.Buffers;

namespace XmtpOrleans.Protocol.Crypto;

/// <summary>Hex text from outside: decoded without exceptions and only when it fills its destination exactly.</summary>
public static class HexText
{
    /// <summary>Drops one leading <c>0x</c> or <c>0X</c> when present.</summary>
    public static ReadOnlySpan<char> WithoutPrefix(ReadOnlySpan<char> text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? text[2..] : text;

    /// <summary>Decodes digits of any case; <see langword="false"/> unless they fill <paramref name="destination"/> exactly.</summary>
    public static bool TryDecode(ReadOnlySpan<char> digits, Span<byte> destination) =>
        digits.Length == destination.Length * 2
        && Convert.FromHexString(digits, destination, out _, out _) == OperationStatus.Done;
}
