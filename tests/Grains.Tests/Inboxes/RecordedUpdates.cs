using Google.Protobuf;
using Xmtp.Identity.Associations;
using Xmtp.Xmtpv4.Envelopes;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Inboxes;

/// <summary>The updates of one inbox that a released client sent, and a store to keep them in.</summary>
internal static class RecordedUpdates
{
    /// <summary>The inbox with the most updates, and these, in order.</summary>
    public static (InboxId Inbox, IReadOnlyList<byte[]> Envelopes) Longest { get; } = Read();

    /// <summary>An update without any action, valid on every inbox that exists.</summary>
    public static byte[] Empty(InboxId inbox, ulong number) => new ClientEnvelope
    {
        Aad = new AuthenticatedData { TargetTopic = ByteString.CopyFrom([(byte)TopicKind.IdentityUpdates, .. inbox.ToArray()]) },
        IdentityUpdate = new IdentityUpdate { InboxId = inbox.ToString(), ClientTimestampNs = number },
    }.ToByteArray();

    /// <summary>A question about updates that would follow each other from a position on.</summary>
    public static InboxUpdates Ask(ulong after, params byte[][] envelopes) => new()
    {
        After = new SequenceId(after),
        Updates = [.. envelopes.Select((bytes, at) => new InboxUpdate { Sequence = new SequenceId(after + (ulong)at + 1), ClientEnvelope = bytes })],
    };

    /// <summary>Stores updates from position 1 on.</summary>
    public static async Task StoreAsync(FakeEnvelopeStore store, InboxId inbox, params byte[][] envelopes)
    {
        var log = OriginatorId.IdentityUpdatesChain;
        var lease = await store.TakeLeaseAsync(log, CancellationToken.None);
        var rows = envelopes.Select((bytes, at) => Row(inbox, lease.Last.Value + (ulong)at + 1, bytes)).ToList();
        var last = rows[^1].Entry;
        Assert.Equal(AppendOutcome.Committed, await store.AppendAsync(new LogAppend
        {
            Lease = lease,
            Previous = lease.Last,
            Last = last.Sequence,
            LastNs = last.OriginatorNs,
            Rows = rows,
        }));
    }

    private static LogRow Row(InboxId inbox, ulong sequence, byte[] envelope)
    {
        var payer = EnvelopeEncoder.Payer(envelope, signature: [], target: default, retentionDays: 0);
        var unsigned = EnvelopeEncoder.Unsigned(
            OriginatorId.IdentityUpdatesChain, new SequenceId(sequence), (long)sequence, payer, baseFee: 0, congestionFee: 0, expiryUnixTime: 0);
        return new LogRow
        {
            Entry = new LogEntry
            {
                Originator = OriginatorId.IdentityUpdatesChain,
                Sequence = new SequenceId(sequence),
                OriginatorNs = (long)sequence,
                ArrivalUs = (long)sequence,
                ExpirySeconds = LogEntry.NeverExpires,
                Topic = Topic.Of(TopicKind.IdentityUpdates, inbox.ToArray()),
                Bytes = EnvelopeEncoder.Proven(unsigned, new byte[32]),
            },
        };
    }

    private static (InboxId Inbox, IReadOnlyList<byte[]> Envelopes) Read()
    {
        var updates = Vectors.LoadJson("identity/recorded-client-envelopes.json").GetProperty("flows").EnumerateArray()
            .SelectMany(static flow => flow.GetProperty("envelopes").EnumerateArray())
            .Where(static envelope => envelope.GetProperty("kind").GetString() == "identity_update")
            .GroupBy(static envelope => envelope.GetProperty("inbox_id").GetString())
            .MaxBy(static inbox => inbox.Count())!;
        Assert.True(InboxId.TryParse(updates.Key, out var id));
        return (id, [.. updates.Select(static envelope => Convert.FromHexString(envelope.GetProperty("client_envelope_hex").GetString()!))]);
    }
}
