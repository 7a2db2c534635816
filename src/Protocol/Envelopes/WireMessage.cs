using System.Diagnostics.CodeAnalysis;
using Google.Protobuf;

namespace XmtpOrleans.Protocol.Envelopes;

/// <summary>The one way from bytes somebody else chose to a message.</summary>
/// <remarks>
/// The stock decoder must not see unchecked bytes. A nested length just below 2³¹ overflows its own check, after which it reads beyond the
/// field, fails with exceptions that nobody expects, and allocates what any later length claims: a gigabyte for a request of 20 bytes.
/// </remarks>
public static class WireMessage
{
    /// <summary>Decodes a message as forgivingly as the reference does; <see langword="false"/> when the bytes are none.</summary>
    public static bool TryParse<T>(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out T? message)
        where T : class, IMessage<T>, new()
    {
        message = null;
        if (!Decoder<T>.Shape.AcceptsForgivingly(bytes)) return false;
        try
        {
            message = Decoder<T>.Parser.ParseFrom(bytes);
            return true;
        }
        catch (InvalidProtocolBufferException)
        {
            return false; // it counts levels of nesting in its own way
        }
    }

    private static class Decoder<T>
        where T : class, IMessage<T>, new()
    {
        public static readonly WireShape Shape = WireShape.Of(new T().Descriptor);
        public static readonly MessageParser<T> Parser = new(static () => new T());
    }
}
