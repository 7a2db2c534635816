using System.Buffers.Binary;
using System.Diagnostics;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using Google.Protobuf;

namespace XmtpOrleans.Load.Workloads;

/// <summary>Makes the group messages that a load run publishes: valid by every rule of admission, every one unique, signed before the clock starts.</summary>
/// <param name="key">The payer's key.</param>
/// <param name="target">The node to publish to.</param>
/// <param name="topics">How many groups there are.</param>
/// <param name="messageLength">Bytes of MLS message in each envelope.</param>
/// <param name="run">Tells the messages of different runs apart.</param>
internal sealed class GroupMessages(Secp256k1PrivateKey key, OriginatorId target, int topics, int messageLength, ulong run)
{
    /// <summary>Days each envelope is paid for.</summary>
    public const uint RetentionDays = 60;

    /// <summary>Shortest message: header, sender data and a stamp.</summary>
    public const int MinLength = 96;

    private const int GroupIdLength = 16;
    private const int StampOffset = 80;

    /// <summary>Comes before a message's stamp, so that a reader finds it in a stored envelope without decoding four layers.</summary>
    private static ReadOnlySpan<byte> Marker => "load-stamp-marker"u8;

    /// <summary>The topic of one of the groups.</summary>
    public static byte[] Topic(int group)
    {
        var topic = new byte[1 + GroupIdLength];
        GroupId(group).CopyTo(topic.AsSpan(1));
        return topic;
    }

    /// <summary>The whole payer envelope of a message, signed.</summary>
    public byte[] PayerEnvelope(int group, ulong number)
    {
        var client = ClientEnvelope(group, number);
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        Span<byte> signature = stackalloc byte[Secp256k1.SignatureSize];
        SigningHashes.Payer(target, client, hash);
        key.Sign(hash, signature);
        return EnvelopeEncoder.Payer(client, signature, target, RetentionDays);
    }

    /// <summary>Requests of so many envelopes each, over all groups in turn; built on all cores, which takes about 25 µs an envelope and core.</summary>
    /// <param name="count">How many requests.</param>
    /// <param name="batch">Envelopes in each.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="ofClients">Client envelopes for a payer gateway, which signs them, instead of payer envelopes for a node.</param>
    public byte[][] Requests(int count, int batch, IProgress<double>? progress, bool ofClients = false)
    {
        var requests = new byte[count][];
        var done = 0;
        Parallel.For(0, count, index =>
        {
            var output = new MemoryStream(batch * (messageLength + 200));
            var coded = new CodedOutputStream(output);
            for (var at = 0; at < batch; at++)
            {
                var number = ((ulong)index * (ulong)batch) + (ulong)at;
                var group = (int)(number % (ulong)topics);
                coded.WriteTag(1, WireFormat.WireType.LengthDelimited);
                coded.WriteBytes(UnsafeByteOperations.UnsafeWrap(ofClients ? ClientEnvelope(group, number) : PayerEnvelope(group, number)));
            }

            coded.Flush();
            requests[index] = output.ToArray();
            if ((Interlocked.Increment(ref done) & 0x3FF) == 0) progress?.Report((double)done / count);
        });
        return requests;
    }

    /// <summary>A request of one message whose stamp is now; for runs whose rate is low enough to sign while they run.</summary>
    public byte[] StampedRequest(int group, ulong number)
    {
        var envelope = PayerEnvelope(group, number);
        var request = new byte[envelope.Length + 1 + CodedOutputStream.ComputeLengthSize(envelope.Length)];
        var coded = new CodedOutputStream(request);
        coded.WriteTag(1, WireFormat.WireType.LengthDelimited);
        coded.WriteBytes(UnsafeByteOperations.UnsafeWrap(envelope));
        coded.Flush();
        return request;
    }

    /// <summary>Numbers of the messages in a piece of a stream; each is told once, in order.</summary>
    public static void ForEachNumber(ReadOnlySpan<byte> data, Action<ulong> found)
    {
        for (var at = data.IndexOf(Marker); at >= 0; at = data.IndexOf(Marker))
        {
            data = data[(at + Marker.Length)..];
            if (data.Length < sizeof(ulong)) return;
            found(BinaryPrimitives.ReadUInt64BigEndian(data));
        }
    }

    private static byte[] GroupId(int group)
    {
        var id = new byte[GroupIdLength];
        "load-group--"u8.CopyTo(id);
        BinaryPrimitives.WriteInt32BigEndian(id.AsSpan(12), group);
        return id;
    }

    /// <summary>The client envelope of a message.</summary>
    public byte[] ClientEnvelope(int group, ulong number) => new Xmtp.Xmtpv4.Envelopes.ClientEnvelope
    {
        Aad = new Xmtp.Xmtpv4.Envelopes.AuthenticatedData { TargetTopic = ByteString.CopyFrom(Topic(group)) },
        GroupMessage = new Xmtp.Mls.Api.V1.GroupMessageInput
        {
            V1 = new Xmtp.Mls.Api.V1.GroupMessageInput.Types.V1
            {
                Data = ByteString.CopyFrom(MlsMessage(group, number)),
                SenderHmac = ByteString.CopyFrom(new byte[32]),
                ShouldPush = true,
            },
        },
    }.ToByteArray();

    // A private message as RFC 9420 lays it out; what would be ciphertext is noise that differs between any two messages.
    private byte[] MlsMessage(int group, ulong number)
    {
        var message = new byte[messageLength];
        var random = new Random(unchecked((int)(number ^ (run * 2_654_435_761))));
        random.NextBytes(message);
        new byte[] { 0, 1, 0, 2, GroupIdLength }.CopyTo(message, 0);
        GroupId(group).CopyTo(message, 5);
        message.AsSpan(21, 8).Clear(); // epoch
        message[29] = 1; // application message
        message[30] = 0; // no authenticated data
        message[31] = 28; // encrypted sender data
        var ciphertext = messageLength - 62;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(60), (ushort)(0x4000 | ciphertext));
        Debug.Assert(messageLength >= MinLength + Marker.Length, "the stamp has to fit");
        Marker.CopyTo(message.AsSpan(StampOffset));
        BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(StampOffset + Marker.Length), number);
        BinaryPrimitives.WriteUInt64BigEndian(message.AsSpan(62), run);
        return message;
    }
}
