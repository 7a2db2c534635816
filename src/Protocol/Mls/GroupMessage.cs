using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Protocol.Mls;

/// <summary>What a node can see of a group message: everything that is in clear before the sealed part.</summary>
/// <remarks>Points into the bytes it was read from.</remarks>
public readonly ref struct GroupMessage
{
    /// <summary>Length of every group id of the network.</summary>
    public const int GroupIdLength = 16;

    private const ushort Mls10 = 1;

    /// <summary>Public or private.</summary>
    public WireFormat WireFormat { get; private init; }

    /// <summary>The group. Always <see cref="GroupIdLength"/> bytes when read strictly.</summary>
    public ReadOnlySpan<byte> GroupId { get; private init; }

    /// <summary>The group's epoch the message was made in.</summary>
    public ulong Epoch { get; private init; }

    /// <summary>What the message carries.</summary>
    public ContentType ContentType { get; private init; }

    /// <summary>Who sent it; <see cref="SenderType.None"/> for a private message.</summary>
    public SenderType SenderType { get; private init; }

    /// <summary>Whether the message needs the chain's order; all others are originated by nodes.</summary>
    public bool NeedsChain => ContentType is ContentType.Proposal or ContentType.Commit;

    /// <summary>Reads one MLSMessage; when it is refused, <paramref name="failure"/> says in a few words why.</summary>
    public static bool TryRead(
        ReadOnlySpan<byte> source, GroupMessageReading reading, out GroupMessage message, [NotNullWhen(false)] out string? failure)
    {
        message = default;
        if (source.IsEmpty) return Refuse("empty", out failure);

        var reader = new MlsReader(source);
        if (!reader.TryReadUInt16(out var version) || !reader.TryReadUInt16(out var format)) return Refuse(reader.Error, out failure);
        if (version != Mls10) return Refuse("version", out failure);

        return (WireFormat)format switch
        {
            WireFormat.PublicMessage => TryReadPublic(ref reader, reading, out message, out failure),
            WireFormat.PrivateMessage => TryReadPrivate(ref reader, reading, out message, out failure),
            _ => Refuse("wire format", out failure),
        };
    }

    private static bool TryReadPrivate(
        scoped ref MlsReader reader, GroupMessageReading reading, out GroupMessage message, [NotNullWhen(false)] out string? failure)
    {
        message = default;
        if (!TryReadGroup(ref reader, reading, out var groupId, out var epoch, out failure)) return false;
        if (!reader.TryReadByte(out var type)) return Refuse(reader.Error, out failure);

        if (reading == GroupMessageReading.Strict)
        {
            if (!IsKnown(type)) return Refuse("content type", out failure);
            var sealedParts = reader.TryReadVector(out _) && reader.TryReadVector(out _) && reader.TryReadVector(out _);
            if (!sealedParts) return Refuse(reader.Error, out failure);
            if (reader.Remaining > 0) return Refuse("trailing bytes", out failure);
        }

        message = new GroupMessage
        {
            WireFormat = WireFormat.PrivateMessage,
            GroupId = groupId,
            Epoch = epoch,
            ContentType = (ContentType)type,
        };
        return true;
    }

    // Only through the content type even when strict: what follows is a full handshake, and no release of a client sends one in clear.
    private static bool TryReadPublic(
        scoped ref MlsReader reader, GroupMessageReading reading, out GroupMessage message, [NotNullWhen(false)] out string? failure)
    {
        message = default;
        if (!TryReadGroup(ref reader, reading, out var groupId, out var epoch, out failure)) return false;
        if (!reader.TryReadByte(out var sender)) return Refuse(reader.Error, out failure);

        var senderType = (SenderType)sender;
        if (senderType is < SenderType.Member or > SenderType.NewMemberCommit) return Refuse("sender type", out failure);
        if (senderType is SenderType.Member or SenderType.External && !reader.TryReadUInt32(out _))
        {
            return Refuse(reader.Error, out failure);
        }

        if (!TryReadVector(ref reader, reading, out _) || !reader.TryReadByte(out var type)) return Refuse(reader.Error, out failure);
        if (!IsKnown(type)) return Refuse("content type", out failure);

        var contentType = (ContentType)type;
        if (reading == GroupMessageReading.Strict && Misfit(senderType, contentType) is { } misfit) return Refuse(misfit, out failure);

        message = new GroupMessage
        {
            WireFormat = WireFormat.PublicMessage,
            GroupId = groupId,
            Epoch = epoch,
            ContentType = contentType,
            SenderType = senderType,
        };
        return true;
    }

    private static bool TryReadGroup(
        scoped ref MlsReader reader,
        GroupMessageReading reading,
        out ReadOnlySpan<byte> groupId,
        out ulong epoch,
        [NotNullWhen(false)] out string? failure)
    {
        epoch = 0;
        failure = null;
        if (!TryReadVector(ref reader, reading, out groupId)) return Refuse(reader.Error, out failure);
        if (reading == GroupMessageReading.Strict && groupId.Length != GroupIdLength) return Refuse("group id length", out failure);
        return reader.TryReadUInt64(out epoch) || Refuse(reader.Error, out failure);
    }

    private static bool TryReadVector(scoped ref MlsReader reader, GroupMessageReading reading, out ReadOnlySpan<byte> content) =>
        reading == GroupMessageReading.Strict ? reader.TryReadVector(out content) : reader.TryReadVectorLeniently(out content);

    private static bool IsKnown(byte contentType) => contentType is >= (byte)ContentType.Application and <= (byte)ContentType.Commit;

    private static string? Misfit(SenderType sender, ContentType content) => (sender, content) switch
    {
        (_, ContentType.Application) => "application content in a public message",
        (SenderType.NewMemberCommit, not ContentType.Commit) => "sender may only commit",
        (SenderType.External or SenderType.NewMemberProposal, not ContentType.Proposal) => "sender may only propose",
        _ => null,
    };

    private static bool Refuse(MlsError error, out string failure) =>
        Refuse(error == MlsError.InvalidVectorLength ? "vector length" : "truncated", out failure);

    private static bool Refuse(string reason, out string failure)
    {
        failure = reason;
        return false;
    }
}
