using System.Buffers.Binary;
using System.Globalization;

namespace XmtpOrleans.Protocol.Crypto;

/// <summary>A 20-byte Ethereum account address: the identity of a payer, a node or a wallet. Zeroed, it is the zero address.</summary>
public readonly struct EthereumAddress : IEquatable<EthereumAddress>, IComparable<EthereumAddress>
{
    /// <summary>Bytes of an address.</summary>
    public const int Size = 20;

    // Big-endian, so that comparing the numbers compares the bytes.
    private readonly ulong _high;
    private readonly ulong _middle;
    private readonly uint _low;

    private EthereumAddress(ReadOnlySpan<byte> bytes)
    {
        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _middle = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _low = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>Compares raw bytes.</summary>
    public static bool operator ==(EthereumAddress left, EthereumAddress right) => left.Equals(right);

    /// <summary>Compares raw bytes.</summary>
    public static bool operator !=(EthereumAddress left, EthereumAddress right) => !left.Equals(right);

    /// <summary>Compares raw bytes.</summary>
    public static bool operator <(EthereumAddress left, EthereumAddress right) => left.CompareTo(right) < 0;

    /// <summary>Compares raw bytes.</summary>
    public static bool operator >(EthereumAddress left, EthereumAddress right) => left.CompareTo(right) > 0;

    /// <summary>Compares raw bytes.</summary>
    public static bool operator <=(EthereumAddress left, EthereumAddress right) => left.CompareTo(right) <= 0;

    /// <summary>Compares raw bytes.</summary>
    public static bool operator >=(EthereumAddress left, EthereumAddress right) => left.CompareTo(right) >= 0;

    /// <summary>Takes exactly 20 bytes. Use <see cref="TryFromBytes"/> for bytes from outside.</summary>
    /// <exception cref="ArgumentException">The length is not 20.</exception>
    public static EthereumAddress FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out var address) ? address : throw new ArgumentException($"an address has {Size} bytes, not {bytes.Length}", nameof(bytes));

    /// <summary>Takes exactly 20 bytes; <see langword="false"/> for any other length.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out EthereumAddress address)
    {
        var fits = bytes.Length == Size;
        address = fits ? new EthereumAddress(bytes) : default;
        return fits;
    }

    /// <summary>Reads 40 hex digits of any case, with or without <c>0x</c>. A checksum in the letters' case is not checked.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out EthereumAddress address)
    {
        address = default;
        Span<byte> bytes = stackalloc byte[Size];
        return HexText.TryDecode(HexText.WithoutPrefix(text), bytes) && TryFromBytes(bytes, out address);
    }

    /// <summary>Writes the 20 bytes to the start of <paramref name="destination"/>.</summary>
    public void CopyTo(Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(destination.Length, Size, nameof(destination));
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _middle);
        BinaryPrimitives.WriteUInt32BigEndian(destination[16..], _low);
    }

    /// <summary>The 20 bytes in a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary><c>0x</c> and 40 lower-case digits: the form of wallet identifiers.</summary>
    public string ToLowerHex() => string.Create(2 + (Size * 2), this, static (text, address) =>
    {
        "0x".CopyTo(text);
        address.WriteDigits(text[2..]);
    });

    /// <summary>The EIP-55 checksummed form: how payers and nodes are written.</summary>
    public override string ToString() => string.Create(2 + (Size * 2), this, static (text, address) =>
    {
        "0x".CopyTo(text);
        var digits = text[2..];
        address.WriteDigits(digits);
        Span<byte> ascii = stackalloc byte[Size * 2];
        for (var index = 0; index < digits.Length; index++)
        {
            ascii[index] = (byte)digits[index];
        }

        Span<byte> hash = stackalloc byte[Keccak256.Size];
        Keccak256.Hash(ascii, hash);
        for (var index = 0; index < digits.Length; index++)
        {
            var nibble = (index & 1) == 0 ? hash[index >> 1] >> 4 : hash[index >> 1] & 15;
            if (nibble >= 8)
            {
                digits[index] = char.ToUpperInvariant(digits[index]);
            }
        }
    });

    /// <inheritdoc/>
    public int CompareTo(EthereumAddress other)
    {
        var order = _high.CompareTo(other._high);
        if (order == 0)
        {
            order = _middle.CompareTo(other._middle);
        }

        return order == 0 ? _low.CompareTo(other._low) : order;
    }

    /// <inheritdoc/>
    public bool Equals(EthereumAddress other) => _high == other._high && _middle == other._middle && _low == other._low;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EthereumAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _middle, _low);

    private void WriteDigits(Span<char> destination)
    {
        _high.TryFormat(destination, out _, "x16", CultureInfo.InvariantCulture);
        _middle.TryFormat(destination[16..], out _, "x16", CultureInfo.InvariantCulture);
        _low.TryFormat(destination[32..], out _, "x8", CultureInfo.InvariantCulture);
    }
}
