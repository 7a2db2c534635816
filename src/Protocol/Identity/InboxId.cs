using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using XmtpOrleans.Protocol.Crypto;

namespace XmtpOrleans.Protocol.Identity;

/// <summary>Identifies an inbox: 32 bytes, written as 64 lower-case hex digits without prefix.</summary>
public readonly record struct InboxId
{
    /// <summary>Bytes of an inbox id.</summary>
    public const int Size = 32;

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    private InboxId(ReadOnlySpan<byte> bytes)
    {
        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Takes exactly 32 bytes. Use <see cref="TryFromBytes"/> for bytes from outside.</summary>
    /// <exception cref="ArgumentException">The length is not 32.</exception>
    public static InboxId FromBytes(ReadOnlySpan<byte> bytes) =>
        TryFromBytes(bytes, out var inbox) ? inbox : throw new ArgumentException($"an inbox id has {Size} bytes, not {bytes.Length}", nameof(bytes));

    /// <summary>Takes exactly 32 bytes; <see langword="false"/> for any other length.</summary>
    public static bool TryFromBytes(ReadOnlySpan<byte> bytes, out InboxId inbox)
    {
        inbox = bytes.Length == Size ? new InboxId(bytes) : default;
        return bytes.Length == Size;
    }

    /// <summary>Reads exactly 64 hex digits of any case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out InboxId inbox)
    {
        Span<byte> bytes = stackalloc byte[Size];
        inbox = default;
        return text.Length == 2 * Size
            && Convert.FromHexString(text, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            && written == Size
            && TryFromBytes(bytes, out inbox);
    }

    /// <summary>
    /// The id of the inbox that an identifier creates: SHA-256 over its text and the nonce in decimal (05 §3.2). <see langword="false"/> for a wallet
    /// whose text is not <c>0x</c> and 40 hex digits, and for an installation, which creates none.
    /// </summary>
    public static bool TryDerive(MemberIdentifier creator, ulong nonce, out InboxId inbox)
    {
        inbox = default;
        var derivable = creator.Kind switch
        {
            MemberKind.Ethereum => creator.Text.StartsWith("0x", StringComparison.Ordinal) && EthereumAddress.TryParse(creator.Text, out _),
            MemberKind.Passkey => true,
            _ => false,
        };
        if (!derivable) return false;
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{creator.Text}{nonce}"), hash);
        inbox = new InboxId(hash);
        return true;
    }

    /// <summary>Writes the 32 bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _a);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], _d);
    }

    /// <summary>The 32 bytes in an array of their own.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>64 lower-case hex digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
