using System.Buffers.Binary;

namespace XmtpOrleans.Protocol.Mls;

/// <summary>Reads the presentation language of RFC 9420 from bytes somebody else chose.</summary>
/// <remarks>
/// Nothing is copied and no declared length is believed before it was compared with the bytes that are left. The first failure stays in
/// <see cref="Error"/>; after it the position has no meaning.
/// </remarks>
internal ref struct MlsReader(ReadOnlySpan<byte> source)
{
    private ReadOnlySpan<byte> _rest = source;

    /// <summary>Why the last read failed; <see cref="MlsError.None"/> while all succeeded.</summary>
    public MlsError Error { get; private set; }

    /// <summary>How many bytes are not yet read.</summary>
    public readonly int Remaining => _rest.Length;

    public bool TryReadByte(out byte value)
    {
        value = 0;
        if (!TryTake(1, out var bytes)) return false;
        value = bytes[0];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        value = 0;
        if (!TryTake(2, out var bytes)) return false;
        value = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        value = 0;
        if (!TryTake(4, out var bytes)) return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        return true;
    }

    public bool TryReadUInt64(out ulong value)
    {
        value = 0;
        if (!TryTake(8, out var bytes)) return false;
        value = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        return true;
    }

    /// <summary>Reads the length header of a vector (RFC 9420 §2.1.2): 1, 2 or 4 bytes, the shortest that fits.</summary>
    public bool TryReadLength(out int length)
    {
        length = 0;
        if (_rest.IsEmpty) return Fail(MlsError.EndOfStream);

        var form = _rest[0] >> 6;
        if (form == 3) return Fail(MlsError.InvalidVectorLength);
        if (!TryTake(1 << form, out var header)) return false;

        var (value, smallest) = form switch
        {
            0 => (header[0], 0),
            1 => (BinaryPrimitives.ReadUInt16BigEndian(header) & 0x3FFF, 1 << 6),
            _ => (BinaryPrimitives.ReadInt32BigEndian(header) & 0x3FFF_FFFF, 1 << 14),
        };
        if (value < smallest) return Fail(MlsError.InvalidVectorLength);
        length = value;
        return true;
    }

    /// <summary>Reads <c>opaque x&lt;V&gt;</c>: a length header and that many bytes.</summary>
    public bool TryReadVector(out ReadOnlySpan<byte> content)
    {
        content = default;
        return TryReadLength(out var length) && TryTake(length, out content);
    }

    /// <summary>
    /// Reads a vector the way the reference's prefix parser does: 8-byte headers and longer forms than needed are fine. Only the verdict
    /// of that parser needs this.
    /// </summary>
    public bool TryReadVectorLeniently(out ReadOnlySpan<byte> content)
    {
        content = default;
        if (_rest.IsEmpty) return Fail(MlsError.EndOfStream);
        if (!TryTake(1 << (_rest[0] >> 6), out var header)) return false;

        ulong length = header[0] & 0x3Fu;
        foreach (var next in header[1..]) { length = (length << 8) | next; }
        return length <= (ulong)_rest.Length ? TryTake((int)length, out content) : Fail(MlsError.EndOfStream);
    }

    private bool TryTake(int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_rest.Length < count) return Fail(MlsError.EndOfStream);
        bytes = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    private bool Fail(MlsError error)
    {
        Error = error;
        return false;
    }
}
