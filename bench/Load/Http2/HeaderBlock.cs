using System.Text;

namespace XmtpOrleans.Load.Http2;

/// <summary>The two uses this client has for HPACK (RFC 7541): one constant request block, and the gRPC status in a response block.</summary>
/// <remarks>The connection announces a dynamic table of zero bytes, so every block stands for itself and nothing has to be remembered.</remarks>
internal static class HeaderBlock
{
    private const int StaticTableLength = 61;

    /// <summary>Encodes a request for a gRPC method: literals that no table keeps.</summary>
    public static byte[] Request(string authority, string path)
    {
        var block = new List<byte> { 0x83, 0x86 }; // :method POST, :scheme http
        Literal(block, nameIndex: 4, path);
        Literal(block, nameIndex: 1, authority);
        Literal(block, nameIndex: 31, "application/grpc"); // content-type
        Literal(block, "te", "trailers");
        return [.. block];
    }

    /// <summary>Finds <c>grpc-status</c> in a response's headers or trailers; −1 when the block does not hold it.</summary>
    public static int GrpcStatus(ReadOnlySpan<byte> block)
    {
        while (!block.IsEmpty)
        {
            var first = block[0];
            if ((first & 0x80) != 0)
            {
                _ = Integer(ref block, prefix: 7); // a whole field of the static table: never grpc-status
                continue;
            }

            if ((first & 0xE0) == 0x20)
            {
                _ = Integer(ref block, prefix: 5); // table size update
                continue;
            }

            var index = Integer(ref block, (first & 0x40) != 0 ? 6 : 4);
            var name = index == 0 ? Text(ref block) : default;
            var value = Text(ref block);
            if (index is 0 or > StaticTableLength && name.SequenceEqual("grpc-status"u8))
            {
                return int.TryParse(value, out var status) ? status : -1;
            }
        }

        return -1;
    }

    private static int Integer(ref ReadOnlySpan<byte> block, int prefix)
    {
        var mask = (1 << prefix) - 1;
        var value = block[0] & mask;
        block = block[1..];
        if (value < mask) return value;
        for (var shift = 0; ; shift += 7)
        {
            var next = block[0];
            block = block[1..];
            value += (next & 0x7F) << shift;
            if (next < 0x80) return value;
        }
    }

    private static ReadOnlySpan<byte> Text(ref ReadOnlySpan<byte> block)
    {
        var isHuffman = (block[0] & 0x80) != 0;
        var length = Integer(ref block, prefix: 7);
        var text = block[..length];
        block = block[length..];
        return isHuffman ? default : text; // Kestrel sends plain literals; a compressed one is never a status we look for
    }

    private static void Literal(List<byte> block, int nameIndex, string value)
    {
        if (nameIndex < 15)
        {
            block.Add((byte)nameIndex);
        }
        else
        {
            block.AddRange([0x0F, (byte)(nameIndex - 15)]);
        }

        Append(block, value);
    }

    private static void Literal(List<byte> block, string name, string value)
    {
        block.Add(0);
        Append(block, name);
        Append(block, value);
    }

    private static void Append(List<byte> block, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        if (bytes.Length < 127)
        {
            block.Add((byte)bytes.Length);
        }
        else
        {
            block.Add(0x7F);
            var rest = bytes.Length - 127;
            for (; rest >= 0x80; rest >>= 7)
            {
                block.Add((byte)(rest | 0x80));
            }

            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }
}
