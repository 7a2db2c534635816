using XmtpOrleans.Grains.Feeds.Cluster;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Messages;

/// <summary>One value of every type that grains send each other, by its alias, with every field set to something that shows.</summary>
internal static class SampleMessages
{
    private static readonly Topic Topic = Topic.Of(TopicKind.GroupMessages, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
    private static readonly InboxId Inbox = InboxId.FromBytes([.. Enumerable.Range(1, InboxId.Size).Select(number => (byte)number)]);
    private static readonly EthereumAddress Payer = EthereumAddress.FromBytes([.. Enumerable.Range(101, EthereumAddress.Size).Select(number => (byte)number)]);
    private static readonly Cursor Marks = Cursor.Of(new OriginatorId(0), new SequenceId(5)).With(new OriginatorId(100), new SequenceId(7_000_000_000));

    private static readonly AddressChange AddressChange = new() { Address = "0xab", Inbox = Inbox, Sequence = new SequenceId(3), Revoked = true };

    private static readonly LogEntry LogEntry = new()
    {
        Originator = new OriginatorId(100),
        Sequence = new SequenceId(300),
        OriginatorNs = 1_700_000_000_000_001_000,
        ArrivalUs = 1_700_000_000_000_001,
        ExpirySeconds = LogEntry.NeverExpires,
        Topic = Topic,
        Bytes = [1, 2, 3, 250],
        Servable = false,
        AddressChanges = [AddressChange],
    };

    private static readonly FeedBatch FeedBatch = new() { Previous = new SequenceId(298), Last = new SequenceId(301), Entries = [LogEntry] };

    private static readonly PublishEntry PublishEntry = new()
    {
        PayerEnvelope = [9, 8, 7, 6, 5],
        ClientStart = 1,
        ClientLength = 3,
        Topic = Topic,
        RetentionDays = uint.MaxValue,
        ClientDigest = new UInt128(0x0102_0304_0506_0708, 0x090A_0B0C_0D0E_0F10),
    };

    private static readonly PublishRequest PublishRequest = new() { Payer = Payer, Entries = [PublishEntry] };

    private static readonly PublishOutcome PublishOutcome = new()
    {
        Status = PublishStatus.PayerLimited,
        Envelopes = [[1, 2], [], [3]],
        RetryAfter = TimeSpan.FromMilliseconds(1_500),
        EntryIndex = 2,
    };

    private static readonly InboxUpdate InboxUpdate = new() { Sequence = new SequenceId(12), ClientEnvelope = [4, 5, 6] };

    private static readonly InboxVerdict InboxVerdict = new()
    {
        Status = InboxVerdictStatus.Invalid, Reason = "Replay detected", AddressChanges = [AddressChange],
    };

    /// <summary>The values.</summary>
    public static IReadOnlyDictionary<string, object> All { get; } = new Dictionary<string, object>
    {
        ["xmtp.address-change"] = AddressChange,
        ["xmtp.log-entry"] = LogEntry,
        ["xmtp.feed-batch"] = FeedBatch,
        ["xmtp.feed-reply"] = new FeedReply { Status = FeedStatus.OlderThanRing, Batches = [FeedBatch], Head = new SequenceId(301) },
        ["xmtp.feed-container"] = new FeedContainer { Originator = new OriginatorId(100), Batches = [FeedBatch] },
        ["xmtp.publish-entry"] = PublishEntry,
        ["xmtp.publish-request"] = PublishRequest,
        ["xmtp.publish-batch"] = new PublishBatch { Requests = [PublishRequest] },
        ["xmtp.publish-outcome"] = PublishOutcome,
        ["xmtp.append-reply"] = new AppendReply { Outcomes = [PublishOutcome], Ending = true },
        ["xmtp.inbox-update"] = InboxUpdate,
        ["xmtp.inbox-updates"] = new InboxUpdates { After = new SequenceId(11), Updates = [InboxUpdate] },
        ["xmtp.inbox-verdict"] = InboxVerdict,
        ["xmtp.inbox-verdicts"] = new InboxVerdicts { Verdicts = [InboxVerdict] },
        ["xmtp.topic-query"] = new TopicQuery { Marks = Marks, NowSeconds = 1_700_000_000, After = Marks, Count = 10, Bytes = 20 },
        ["xmtp.topic-reply"] = new TopicReply { Status = TopicReplyStatus.AskStore, Entries = [LogEntry], More = true },
        ["xmtp.value.originator-id"] = new OriginatorId(100),
        ["xmtp.value.sequence-id"] = new SequenceId(7_000_000_000),
        ["xmtp.value.topic"] = Topic,
        ["xmtp.value.ethereum-address"] = Payer,
        ["xmtp.value.inbox-id"] = Inbox,
        ["xmtp.value.cursor"] = Marks,
    };
}
