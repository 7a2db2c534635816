using System.Text;

using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace XmtpOrleans.Protocol.Tests.Wire;

/// <summary>Finds the serialized file descriptors of a <c>FileDescriptorSet</c> that lies somewhere in a native library.</summary>
internal static class EmbeddedDescriptors
{
    private const byte LengthDelimitedField1 = 0x0a;
    private const int MaxVarintBytes = 4;

    /// <summary>The descriptors by file name, the first one where a name occurs more than once.</summary>
    public static SortedDictionary<string, FileDescriptorProto> Find(ReadOnlySpan<byte> image)
    {
        var found = new SortedDictionary<string, FileDescriptorProto>(StringComparer.Ordinal);
        var ending = ".proto\u0012"u8; // the end of a file name, and the tag of the package that follows it
        for (var from = 0; image[from..].IndexOf(ending) is >= 0 and var at; from += at + 1)
        {
            // A length byte may itself look like the tag before it, so every length that fits is tried.
            var nameEnd = from + at + ending.Length - 1;
            for (var length = ending.Length - 1; length <= byte.MaxValue && nameEnd - length - 2 >= 0; length++)
            {
                var start = nameEnd - length - 2;
                if (image[start] != LengthDelimitedField1 || image[start + 1] != length) continue;
                var name = Encoding.UTF8.GetString(image[(start + 2)..nameEnd]);
                if (Parse(image, start, name) is { } file) found.TryAdd(name, file);
            }
        }

        return found;
    }

    /// <summary>Parses the descriptor that starts at <paramref name="start"/>; its length is the varint before it.</summary>
    private static FileDescriptorProto? Parse(ReadOnlySpan<byte> image, int start, string name)
    {
        for (var bytes = 1; bytes <= MaxVarintBytes && start - bytes - 1 >= 0; bytes++)
        {
            var prefix = image[(start - bytes - 1)..start];
            if (prefix[0] != LengthDelimitedField1 || !TryReadVarint(prefix[1..], out var size) || size > image.Length - start) continue;
            try
            {
                var file = FileDescriptorProto.Parser.ParseFrom(image.Slice(start, size));
                if (file.Name == name) return file;
            }
            catch (InvalidProtocolBufferException)
            {
                // Bytes that only look like a descriptor.
            }
        }

        return null;
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> bytes, out int value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            value |= (bytes[i] & 0x7f) << (7 * i);
            var isLast = (bytes[i] & 0x80) == 0;
            if (isLast != (i == bytes.Length - 1)) return false;
        }

        return true;
    }
}
