namespace XmtpOrleans.Testing;

/// <summary>Makes hostile inputs out of good ones: truncated, oversized, nested, spliced, with damaged bytes and lengths, or random.</summary>
public sealed class Mutator(Random random, IReadOnlyList<byte[]> seeds)
{
    private const int MaxLength = 64 * 1024;

    // Bounds of the forms of a length, in MLS and in protobuf.
    private static readonly byte[][] Lengths =
    [
        [0x00], [0x01], [0x3F], [0x40], [0x40, 0x40], [0x7F], [0x7F, 0xFF], [0x80], [0x80, 0x00, 0x40, 0x00], [0xBF, 0xFF, 0xFF, 0xFF],
        [0xC0], [0xC0, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01],
        [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    ];

    /// <summary>One more input.</summary>
    public byte[] Next()
    {
        if (random.Next(20) == 0) return RandomBytes(random.Next(300));

        var input = Pick(seeds);
        for (var steps = 1 + random.Next(3); steps > 0; steps--) { input = Change(input); }
        return input.Length <= MaxLength ? input : input[..MaxLength];
    }

    private byte[] Change(byte[] input) => random.Next(10) switch
    {
        0 => input[..Position(input)],
        1 => input[Position(input)..],
        2 => [.. input, .. RandomBytes(random.Next(1, 100))],
        3 => [.. input, .. new byte[random.Next(MaxLength)]],
        4 => Overwrite(input, RandomBytes(random.Next(1, 5))),
        5 => Overwrite(input, Pick(Lengths)),
        6 => Splice(input, Pick(seeds)),
        7 => Insert(input, Pick(Lengths)),
        8 => Nest(input),
        _ => FlipBits(input),
    };

    private byte[] FlipBits(byte[] input)
    {
        var changed = (byte[])input.Clone();
        for (var flips = random.Next(1, 4); flips > 0 && changed.Length > 0; flips--)
        {
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
        }

        return changed;
    }

    private byte[] Overwrite(byte[] input, byte[] with)
    {
        var at = Position(input);
        return [.. input[..at], .. with, .. input[Math.Min(input.Length, at + with.Length)..]];
    }

    private byte[] Insert(byte[] input, byte[] what)
    {
        var at = Position(input);
        return [.. input[..at], .. what, .. input[at..]];
    }

    private byte[] Splice(byte[] input, byte[] other) => [.. input[..Position(input)], .. other[Position(other)..]];

    // The input as the content of a length-delimited field, many times over; or as many openings of protobuf groups.
    private byte[] Nest(byte[] input)
    {
        var depth = random.Next(1, 300);
        if (random.Next(2) == 0) return [.. Enumerable.Repeat((byte)((random.Next(1, 16) << 3) | 3), depth), .. input];

        var field = (byte)((random.Next(1, 16) << 3) | 2);
        var nested = new List<byte>(input);
        while (depth-- > 0 && nested.Count < MaxLength) { nested.InsertRange(0, [field, .. Varint(nested.Count)]); }
        return [.. nested];
    }

    private static IEnumerable<byte> Varint(int value)
    {
        for (; value >= 0x80; value >>= 7) { yield return (byte)(value | 0x80); }
        yield return (byte)value;
    }

    private byte[] RandomBytes(int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private int Position(byte[] input) => random.Next(input.Length + 1);

    private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];
}
