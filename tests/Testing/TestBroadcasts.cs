using System.Buffers.Binary;
using Google.Protobuf;
using Xmtp.Identity.Associations;
using Xmtp.Mls.Api.V1;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Mls;
using XmtpOrleans.Protocol.Topics;
using MemberIdentifier = XmtpOrleans.Protocol.Identity.MemberIdentifier;
using GroupMessage = XmtpOrleans.Protocol.Mls.GroupMessage;

namespace XmtpOrleans.Testing;

/// <summary>Client envelopes as gateways broadcast them, told apart by their text.</summary>
public static class TestBroadcasts
{
    /// <summary>A group id of that number.</summary>
    public static byte[] GroupId(int number = 1) => Identifier(number, GroupMessage.GroupIdLength);

    /// <summary>An inbox id of that number.</summary>
    public static InboxId Inbox(int number = 1) => InboxId.FromBytes(Identifier(number, InboxId.Size));

    /// <summary>A commit (or another group message) as far as a node can read it.</summary>
    public static byte[] Commit(string text, int group = 1, int? topicGroup = null, ContentType type = ContentType.Commit)
    {
        byte[] header = [0, 1, 0, 2, (byte)GroupMessage.GroupIdLength, .. GroupId(group), 0, 0, 0, 0, 0, 0, 0, 7, (byte)type];
        var sealedText = System.Text.Encoding.UTF8.GetBytes(text.PadRight(40));
        byte[] message = [.. header, 0, 0, (byte)sealedText.Length, .. sealedText];
        return new ClientEnvelope
        {
            Aad = new AuthenticatedData { TargetTopic = TopicBytes(TopicKind.GroupMessages, GroupId(topicGroup ?? group)) },
            GroupMessage = new GroupMessageInput { V1 = new GroupMessageInput.Types.V1 { Data = ByteString.CopyFrom(message) } },
        }.ToByteArray();
    }

    /// <summary>An identity update that only its shape makes one.</summary>
    public static byte[] IdentityUpdate(ulong timestampNs, int inbox = 1) => new ClientEnvelope
    {
        Aad = new AuthenticatedData { TargetTopic = TopicBytes(TopicKind.IdentityUpdates, Inbox(inbox).ToArray()) },
        IdentityUpdate = new IdentityUpdate { InboxId = Inbox(inbox).ToString(), ClientTimestampNs = timestampNs },
    }.ToByteArray();

    /// <summary>The signed identity update by which a wallet creates its first inbox.</summary>
    public static byte[] CreateInbox(Secp256k1PrivateKey wallet)
    {
        if (!InboxId.TryDerive(MemberIdentifier.Ethereum(wallet.Address), 0, out var inbox)) throw new ArgumentException("no inbox", nameof(wallet));

        // The text does not depend on the signature, so it is read from an update that has none.
        var create = new CreateInbox { InitialIdentifier = wallet.Address.ToLowerHex(), InitialIdentifierSignature = new Signature { Erc191 = new RecoverableEcdsaSignature() } };
        var update = new IdentityUpdate { InboxId = inbox.ToString(), ClientTimestampNs = 1_000_000_000, Actions = { new IdentityAction { CreateInbox = create } } };
        if (!ParsedIdentityUpdate.TryParse(update.ToByteArray(), out var parsed, out _)) throw new ArgumentException("no update", nameof(wallet));
        var (hash, signature) = (new byte[Secp256k1.HashSize], new byte[Secp256k1.SignatureSize]);
        SigningHashes.PersonalMessage(parsed.TextToSign().Utf8, hash);
        wallet.Sign(hash, signature);
        signature[^1] += 27;
        create.InitialIdentifierSignature.Erc191.Bytes = ByteString.CopyFrom(signature);
        return new ClientEnvelope
        {
            Aad = new AuthenticatedData { TargetTopic = TopicBytes(TopicKind.IdentityUpdates, inbox.ToArray()) },
            IdentityUpdate = update,
        }.ToByteArray();
    }

    private static ByteString TopicBytes(TopicKind kind, byte[] identifier) => ByteString.CopyFrom(Topic.Of(kind, identifier).Bytes.Span);

    private static byte[] Identifier(int number, int size)
    {
        var identifier = new byte[size];
        BinaryPrimitives.WriteInt32BigEndian(identifier.AsSpan(size - sizeof(int)), number);
        return identifier;
    }
}
