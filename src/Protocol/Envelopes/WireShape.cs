using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>
/// Judges the bytes of a message as strictly as the clients' decoder does. The runtime here is laxer: it skips a known field of the wrong wire type,
/// takes varints that overflow and cuts field keys to 32 bits. Bytes that it accepts and clients do not would stop every reader of their topic, so
/// whatever is served to clients is judged here first.
/// </summary>
public sealed class WireShape
{
    // Levels of nesting that clients follow, groups of unknown fields included.
    private const int MaxDepth = 100;

    private FrozenDictionary<int, Field> _fields = FrozenDictionary<int, Field>.Empty;

    private WireShape()
    {
    }

    private enum WireType
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        StartGroup = 3,
        EndGroup = 4,
        Fixed32 = 5,
    }

    /// <summary>The shape of a message and of all messages inside it. Build it once and keep it.</summary>
    public static WireShape Of(MessageDescriptor message) => Of(message, []);

    /// <summary>Whether every client can decode <paramref name="bytes"/> as this message. Allocates nothing.</summary>
    public bool Accepts(ReadOnlySpan<byte> bytes) => Accepts(bytes, MaxDepth, isForgiving: false);

    /// <summary>
    /// Whether <paramref name="bytes"/> are this message to a decoder that takes a known field of the wrong wire type for an unknown one, as the
    /// reference does. Allocates nothing.
    /// </summary>
    public bool AcceptsForgivingly(ReadOnlySpan<byte> bytes) => Accepts(bytes, MaxDepth, isForgiving: true);

    /// <summary>Decodes bytes that every client can decode; <see langword="false"/> for all others.</summary>
    public bool TryParse<T>(ReadOnlySpan<byte> bytes, MessageParser<T> parser, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>
    {
        message = null;
        if (!Accepts(bytes)) return false;
        try
        {
            message = parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false; // the runtime counts levels of nesting in its own way
        }
    }

    private static WireShape Of(MessageDescriptor message, Dictionary<MessageDescriptor, WireShape> known)
    {
        if (known.TryGetValue(message, out var shape)) return shape;
        shape = known[message] = new WireShape();
        shape._fields = message.Fields.InDeclarationOrder().ToFrozenDictionary(
            static field => field.FieldNumber,
            field => new Field(
                TypeOf(field.FieldType),
                field.IsRepeated,
                field.FieldType == FieldType.String,
                field.FieldType == FieldType.Message ? Of(field.MessageType, known) : null));
        return shape;
    }

    private static WireType TypeOf(FieldType type) => type switch
    {
        FieldType.Fixed64 or FieldType.SFixed64 or FieldType.Double => WireType.Fixed64,
        FieldType.Fixed32 or FieldType.SFixed32 or FieldType.Float => WireType.Fixed32,
        FieldType.String or FieldType.Bytes or FieldType.Message => WireType.Bytes,
        FieldType.Group => throw new NotSupportedException("no message of the network has a group"),
        _ => WireType.Varint,
    };

    private static bool TryReadKey(ref ReadOnlySpan<byte> rest, out int number, out WireType type)
    {
        (number, type) = (0, default);
        if (!TryReadVarint(ref rest, out var key) || key > uint.MaxValue || (key & 7) > 5) return false;
        (number, type) = ((int)(key >> 3), (WireType)(key & 7));
        return number > 0;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> rest, out ulong value)
    {
        value = 0;
        for (var index = 0; index < rest.Length && index < 10; index++)
        {
            var next = rest[index];
            if (index == 9 && next > 1) return false;
            value |= (ulong)(next & 0x7F) << (7 * index);
            if (next < 0x80)
            {
                rest = rest[(index + 1)..];
                return true;
            }
        }

        return false;
    }

    private static bool TryReadBytes(ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!TryReadVarint(ref rest, out var length) || length > (ulong)rest.Length) return false;
        bytes = rest[..(int)length];
        rest = rest[(int)length..];
        return true;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> rest, int number, WireType type, int depth) => type switch
    {
        WireType.Varint => TryReadVarint(ref rest, out _),
        WireType.Fixed64 => TrySkip(ref rest, sizeof(ulong)),
        WireType.Fixed32 => TrySkip(ref rest, sizeof(uint)),
        WireType.Bytes => TryReadBytes(ref rest, out _),
        WireType.StartGroup => depth > 0 && TrySkipGroup(ref rest, number, depth - 1),
        _ => false,
    };

    private static bool TrySkip(ref ReadOnlySpan<byte> rest, int length)
    {
        if (rest.Length < length) return false;
        rest = rest[length..];
        return true;
    }

    private static bool TrySkipGroup(ref ReadOnlySpan<byte> rest, int group, int depth)
    {
        while (TryReadKey(ref rest, out var number, out var type))
        {
            if (type == WireType.EndGroup) return number == group;
            if (!TrySkip(ref rest, number, type, depth)) return false;
        }

        return false;
    }

    private static bool IsPacked(ReadOnlySpan<byte> values, WireType type)
    {
        while (!values.IsEmpty)
        {
            if (!TrySkip(ref values, 0, type, 0)) return false;
        }

        return true;
    }

    private bool Accepts(ReadOnlySpan<byte> rest, int depth, bool isForgiving)
    {
        while (!rest.IsEmpty)
        {
            if (!TryReadKey(ref rest, out var number, out var type)) return false;
            if (!_fields.TryGetValue(number, out var field))
            {
                if (!TrySkip(ref rest, number, type, depth)) return false;
            }
            else if (type == WireType.Bytes && (field.Type == WireType.Bytes || field.IsRepeated))
            {
                if (!TryReadBytes(ref rest, out var bytes)) return false;
                if (field.Type != WireType.Bytes && !IsPacked(bytes, field.Type)) return false;
                if (field.IsText && !Utf8.IsValid(bytes)) return false;
                if (field.Message is not null && (depth == 0 || !field.Message.Accepts(bytes, depth - 1, isForgiving))) return false;
            }
            else if ((type != field.Type && !isForgiving) || !TrySkip(ref rest, number, type, depth))
            {
                return false;
            }
        }

        return true;
    }

    private sealed record Field(WireType Type, bool IsRepeated, bool IsText, WireShape? Message);
}
