namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>Walks the fields of a protobuf message in place, so that nested messages can be kept as the bytes that arrived.</summary>
/// <remarks>Every length is checked against the bytes that remain; nothing is allocated.</remarks>
public ref struct WireReader(ReadOnlySpan<byte> source)
{
    private const int MaxVarintLength = 10;

    private readonly ReadOnlySpan<byte> _source = source;
    private int _position;

    /// <summary>Number of the field last read.</summary>
    public int Field { get; private set; }

    /// <summary>How the field last read is encoded: 0 varint, 1 fixed 64, 2 length-delimited, 5 fixed 32.</summary>
    public int WireType { get; private set; }

    /// <summary>Value of the field last read when it is a varint.</summary>
    public ulong Varint { get; private set; }

    /// <summary>Where the field's bytes start, when it is length-delimited.</summary>
    public int Start { get; private set; }

    /// <summary>How many bytes the field has, when it is length-delimited.</summary>
    public int Length { get; private set; }

    /// <summary>Reads the next field; <see langword="false"/> at the end or when <paramref name="malformed"/>.</summary>
    public bool Next(out bool malformed)
    {
        malformed = false;
        if (_position == _source.Length) return false;
        malformed = !TryReadField();
        return !malformed;
    }

    private bool TryReadField()
    {
        if (!TryReadVarint(out var tag) || tag >> 3 is 0 or > 0x1FFFFFFF) return false;
        (Field, WireType) = ((int)(tag >> 3), (int)(tag & 7));
        switch (WireType)
        {
            case 0:
                if (!TryReadVarint(out var value)) return false;
                Varint = value;
                return true;
            case 1:
                return TrySkip(sizeof(ulong));
            case 2:
                if (!TryReadVarint(out var length) || length > (ulong)(_source.Length - _position)) return false;
                (Start, Length) = (_position, (int)length);
                _position += (int)length;
                return true;
            case 5:
                return TrySkip(sizeof(uint));
            default:
                return false; // groups are older than this network
        }
    }

    private bool TrySkip(int count)
    {
        if (count > _source.Length - _position) return false;
        _position += count;
        return true;
    }

    private bool TryReadVarint(out ulong value)
    {
        value = 0;
        for (var read = 0; read < MaxVarintLength && _position < _source.Length; read++)
        {
            var next = _source[_position++];
            value |= (ulong)(next & 0x7F) << (7 * read);
            if (next < 0x80) return read < MaxVarintLength - 1 || next <= 1;
        }

        return false;
    }
}
