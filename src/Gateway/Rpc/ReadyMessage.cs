using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace XmtpOrleans.Gateway.Rpc;

/// <summary>
/// A response whose bytes already exist. It is written as it is, through every protocol, and may be written to many streams at once:
/// nothing in it changes after construction.
/// </summary>
internal abstract class ReadyMessage
{
    /// <summary>Bytes of the frame header before each message of a stream: a flag byte and the length.</summary>
    public const int FrameHeaderLength = 5;

    private ReadyMessage(int length) => Length = length;

    /// <summary>The empty message: every field at its default.</summary>
    public static ReadyMessage Empty { get; } = new Contiguous(new byte[FrameHeaderLength]);

    /// <summary>Stands for a response that has already been written to the client.</summary>
    internal static ReadyMessage Sent { get; } = new Plain(default);

    /// <summary>Length of the message in bytes, without frame header.</summary>
    public int Length { get; }

    /// <summary>Encodes a message once, framed, for many streams.</summary>
    public static ReadyMessage Encode(IMessage message)
    {
        var frame = NewFrame(message.CalculateSize());
        message.WriteTo(frame.AsSpan(FrameHeaderLength));
        return new Contiguous(frame);
    }

    /// <summary>A message that is encoded when it is written.</summary>
    public static ReadyMessage Of(IMessage message) => new Unencoded(message);

    /// <summary>Takes bytes that are a whole message.</summary>
    public static ReadyMessage FromBytes(ReadOnlyMemory<byte> bytes) => new Plain(bytes);

    /// <summary>A message with one repeated bytes or message field, from the encoded values; they are referenced, not copied.</summary>
    public static ReadyMessage RepeatedField(int fieldNumber, IReadOnlyList<ReadOnlyMemory<byte>> values) =>
        new Repeated(fieldNumber, values);

    /// <summary>The message as field <paramref name="fieldNumber"/> of an enclosing message that has no other field set.</summary>
    public ReadyMessage AsField(int fieldNumber) => new Nested(fieldNumber, this);

    /// <summary>One contiguous, framed copy: the cheapest form when the same message goes to many streams.</summary>
    public virtual ReadyMessage Framed()
    {
        var frame = NewFrame(Length);
        WriteTo(new ExactBuffer(frame, FrameHeaderLength));
        return new Contiguous(frame);
    }

    /// <summary>Writes the message, without frame header.</summary>
    public abstract void WriteTo(IBufferWriter<byte> target);

    /// <summary>
    /// Writes the next part of the message, of about <paramref name="size"/> bytes where it can be cut; false once all is written.
    /// <paramref name="position"/> starts at zero and is the message's own to interpret.
    /// </summary>
    public abstract bool WritePartTo(IBufferWriter<byte> target, ref int position, int size);

    /// <summary>Writes the frame header and the message.</summary>
    public virtual void WriteFrameTo(IBufferWriter<byte> target)
    {
        WriteFrameHeader(target, Length);
        WriteTo(target);
    }

    /// <summary>The message, without frame header, as one piece.</summary>
    public virtual ReadOnlyMemory<byte> ToContiguous()
    {
        var bytes = new byte[Length];
        WriteTo(new ExactBuffer(bytes, start: 0));
        return bytes;
    }

    internal static void WriteFrameHeader(IBufferWriter<byte> target, int length)
    {
        var header = target.GetSpan(FrameHeaderLength);
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
        target.Advance(FrameHeaderLength);
    }

    private static byte[] NewFrame(int length)
    {
        var frame = new byte[FrameHeaderLength + length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), length);
        return frame;
    }

    private static bool WriteSlice(IBufferWriter<byte> target, ReadOnlySpan<byte> bytes, ref int position, int size)
    {
        var part = bytes.Slice(position, Math.Min(size, bytes.Length - position));
        target.Write(part);
        position += part.Length;
        return position < bytes.Length;
    }

    private static int FieldHeaderLength(int fieldNumber, int length) => VarintLength((uint)fieldNumber << 3) + VarintLength((uint)length);

    private static int VarintLength(uint value) => (31 - BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;

    private static void WriteFieldHeader(IBufferWriter<byte> target, int fieldNumber, int length)
    {
        const uint LengthDelimited = 2;
        var span = target.GetSpan(FieldHeaderLength(fieldNumber, length));
        var written = WriteVarint(span, ((uint)fieldNumber << 3) | LengthDelimited);
        written += WriteVarint(span[written..], (uint)length);
        target.Advance(written);
    }

    private static int WriteVarint(Span<byte> target, uint value)
    {
        var written = 0;
        while (value >= 0x80)
        {
            target[written++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[written++] = (byte)value;
        return written;
    }

    /// <summary>One array: frame header, then message.</summary>
    private sealed class Contiguous(byte[] frame) : ReadyMessage(frame.Length - FrameHeaderLength)
    {
        public override ReadyMessage Framed() => this;

        public override void WriteTo(IBufferWriter<byte> target) => target.Write(frame.AsSpan(FrameHeaderLength));

        public override void WriteFrameTo(IBufferWriter<byte> target) => target.Write(frame);

        public override ReadOnlyMemory<byte> ToContiguous() => frame.AsMemory(FrameHeaderLength);

        public override bool WritePartTo(IBufferWriter<byte> target, ref int position, int size) =>
            WriteSlice(target, frame.AsSpan(FrameHeaderLength), ref position, size);
    }

    private sealed class Unencoded(IMessage message) : ReadyMessage(message.CalculateSize())
    {
        public override void WriteTo(IBufferWriter<byte> target)
        {
            // The library advances, by nothing, before it asks for memory, and Kestrel refuses that.
            target.GetSpan();
            message.WriteTo(target);
        }

        public override bool WritePartTo(IBufferWriter<byte> target, ref int position, int size)
        {
            WriteTo(target);
            return false;
        }
    }

    private sealed class Plain(ReadOnlyMemory<byte> bytes) : ReadyMessage(bytes.Length)
    {
        public override void WriteTo(IBufferWriter<byte> target) => target.Write(bytes.Span);

        public override ReadOnlyMemory<byte> ToContiguous() => bytes;

        public override bool WritePartTo(IBufferWriter<byte> target, ref int position, int size) =>
            WriteSlice(target, bytes.Span, ref position, size);
    }

    private sealed class Repeated(int fieldNumber, IReadOnlyList<ReadOnlyMemory<byte>> values) : ReadyMessage(LengthOf(fieldNumber, values))
    {
        public override void WriteTo(IBufferWriter<byte> target)
        {
            var position = 0;
            WritePartTo(target, ref position, int.MaxValue);
        }

        public override bool WritePartTo(IBufferWriter<byte> target, ref int position, int size)
        {
            for (var written = 0; position < values.Count && written < size; position++)
            {
                var value = values[position];
                WriteFieldHeader(target, fieldNumber, value.Length);
                target.Write(value.Span);
                written += value.Length;
            }

            return position < values.Count;
        }

        private static int LengthOf(int fieldNumber, IReadOnlyList<ReadOnlyMemory<byte>> values)
        {
            var length = 0;
            for (var i = 0; i < values.Count; i++)
            {
                length = checked(length + FieldHeaderLength(fieldNumber, values[i].Length) + values[i].Length);
            }

            return length;
        }
    }

    private sealed class Nested(int fieldNumber, ReadyMessage inner)
        : ReadyMessage(checked(FieldHeaderLength(fieldNumber, inner.Length) + inner.Length))
    {
        public override void WriteTo(IBufferWriter<byte> target)
        {
            WriteFieldHeader(target, fieldNumber, inner.Length);
            inner.WriteTo(target);
        }

        public override bool WritePartTo(IBufferWriter<byte> target, ref int position, int size)
        {
            if (position == 0) WriteFieldHeader(target, fieldNumber, inner.Length);

            // One ahead of the inner message's, so that it is zero only before the header.
            var own = Math.Max(0, position - 1);
            var isMore = inner.WritePartTo(target, ref own, size);
            position = own + 1;
            return isMore;
        }
    }

    /// <summary>Fills an array whose length was computed from the same message.</summary>
    private sealed class ExactBuffer(byte[] bytes, int start) : IBufferWriter<byte>
    {
        private int _written = start;

        public void Advance(int count) => _written += count;

        public Memory<byte> GetMemory(int sizeHint = 0) => bytes.AsMemory(_written);

        public Span<byte> GetSpan(int sizeHint = 0) => bytes.AsSpan(_written);
    }
}
