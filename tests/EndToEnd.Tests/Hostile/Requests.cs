using Google.Protobuf;
using Xmtp.Mls.Api.V1;
using Xmtp.Xmtpv4.Envelopes;
using Xmtp.Xmtpv4.MessageApi;
using XmtpOrleans.Load.Workloads;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.EndToEnd.Tests.Hostile;

/// <summary>Requests, and what they are made of.</summary>
internal static class Requests
{
    public static readonly OriginatorId Node = new(100);

    private static readonly GroupMessages Messages = new(TestKeys.Key(1), Node, topics: 10, messageLength: 200, run: 77);

    /// <summary>A client envelope of a group that a node takes.</summary>
    public static byte[] Message(ulong number)
    {
        Assert.True(ParsedPayerEnvelope.TryParse(Messages.PayerEnvelope(1, number), out var parsed, out _));
        return parsed.Client.Bytes.ToArray();
    }

    /// <summary>The same, changed.</summary>
    public static byte[] Message(ulong number, Action<ClientEnvelope> change)
    {
        var envelope = ClientEnvelope.Parser.ParseFrom(Message(number));
        change(envelope);
        return envelope.ToByteArray();
    }

    /// <summary>A message that depends on a position of a log.</summary>
    public static byte[] Depending(uint originator, ulong sequence) =>
        Message(1, envelope => envelope.Aad.DependsOn = new Cursor { NodeIdToSequenceId = { [originator] = sequence } });

    /// <summary>A payer envelope around any bytes, signed as told.</summary>
    public static byte[] Signed(byte[] client, int key = 1, uint target = 100, uint retentionDays = 60)
    {
        Span<byte> hash = stackalloc byte[Secp256k1.HashSize];
        Span<byte> signature = stackalloc byte[Secp256k1.SignatureSize];
        SigningHashes.Payer(new OriginatorId(target), client, hash);
        TestKeys.Key(key).Sign(hash, signature);
        return EnvelopeEncoder.Payer(client, signature, new OriginatorId(target), retentionDays);
    }

    /// <summary>A message whose field 1 repeats: requests of publishes.</summary>
    public static byte[] List(params byte[][] values)
    {
        var output = new MemoryStream();
        using (var coded = new CodedOutputStream(output, leaveOpen: true))
        {
            foreach (var value in values)
            {
                coded.WriteTag(1, WireFormat.WireType.LengthDelimited);
                coded.WriteBytes(ByteString.CopyFrom(value));
            }
        }

        return output.ToArray();
    }

    public static byte[] Query(EnvelopesQuery query) => new QueryEnvelopesRequest { Query = query }.ToByteArray();

    public static byte[] Subscribe(EnvelopesQuery query) => new SubscribeEnvelopesRequest { Query = query }.ToByteArray();

    public static EnvelopesQuery ByTopics(int count, int length = 17)
    {
        var query = new EnvelopesQuery();
        query.Topics.AddRange(Enumerable.Repeat(ByteString.CopyFrom(new byte[length]), count));
        return query;
    }

    public static byte[] Filters(int count, int length = 17, Cursor? lastSeen = null)
    {
        var request = new SubscribeTopicsRequest();
        request.Filters.AddRange(Enumerable.Range(0, count).Select(_ => new SubscribeTopicsRequest.Types.TopicFilter
        {
            Topic = ByteString.CopyFrom(new byte[length]),
            LastSeen = lastSeen,
        }));
        return request.ToByteArray();
    }

    public static Cursor CursorOf(int entries)
    {
        var cursor = new Cursor();
        for (var id = 0u; id < entries; id++) cursor.NodeIdToSequenceId[id * 100] = 1;
        return cursor;
    }

    /// <summary>A client envelope that a real client sent: of the flow that registers, 0 is a key package and 1 an identity update.</summary>
    public static byte[] Recorded(int at) => [.. AllRecorded().ElementAt(at)];

    /// <summary>Every client envelope that was recorded from real clients.</summary>
    public static IEnumerable<byte[]> AllRecorded() =>
        from flow in Vectors.LoadJson("identity/recorded-client-envelopes.json").GetProperty("flows").EnumerateArray()
        from envelope in flow.GetProperty("envelopes").EnumerateArray()
        select Convert.FromHexString(envelope.GetProperty("client_envelope_hex").GetString()!);

    /// <summary>A report of a node, which nobody else may publish.</summary>
    public static byte[] Report() => new ClientEnvelope
    {
        Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom(Topic.OfOriginator(TopicKind.PayerReports, 100).Bytes.Span) },
        PayerReport = new PayerReport(),
    }.ToByteArray();

    /// <summary>A key package of nobody.</summary>
    public static byte[] BrokenKeyPackage() => new ClientEnvelope
    {
        Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom([(byte)TopicKind.KeyPackages, .. new byte[32]]) },
        UploadKeyPackage = new UploadKeyPackageRequest { KeyPackage = new KeyPackageUpload { KeyPackageTlsSerialized = ByteString.CopyFrom(1, 2, 3) } },
    }.ToByteArray();
}
