using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Feeds;
using XmtpOrleans.Grains.Tests.Topics;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Inboxes;

public sealed class InboxIdTests
{
    private static readonly Topic Updates = FeedModel.TopicOf(9, TopicKind.IdentityUpdates);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 100)];

    [Fact]
    public void InboxIds_AskedTwice_SecondAnswerNeedsNoStore() => Pump.Run(1, async _ =>
    {
        await using var harness = new ReaderHarness();
        Associate(harness, "0xa", 1);
        await FeedHarness.SettleAsync();
        Assert.Equal([Inbox(1), null, Inbox(1)], await AskAsync(harness, "0xa", "0xb", "0xa"));
        harness.Model.Calls.Clear();

        Assert.Equal([Inbox(1), null], await AskAsync(harness, "0xa", "0xb"));
        Assert.Equal([StoreCall.ReadMarks], harness.Model.Calls.Keys);
    });

    [Fact]
    public void InboxIds_UpdateAnswered_NextAnswerSeesIt() => Pump.Run(2, async _ =>
    {
        await using var harness = new ReaderHarness();
        await FeedHarness.SettleAsync();
        Assert.Equal([null], await AskAsync(harness, "0xa"));
        Associate(harness, "0xa", 1);
        Assert.Equal([Inbox(1)], await AskAsync(harness, "0xa"));
        Associate(harness, "0xa", 2);
        Assert.Equal([Inbox(2)], await AskAsync(harness, "0xa"));
        Revoke(harness, "0xa", 2);
        Assert.Equal([Inbox(1)], await AskAsync(harness, "0xa"));
    });

    [Fact]
    public void InboxIds_FeedBehind_CacheIsPassedBy() => Pump.Run(3, async _ =>
    {
        await using var harness = new ReaderHarness();
        await FeedHarness.SettleAsync();
        Assert.Equal([null], await AskAsync(harness, "0xa"));
        harness.Model.Append(1, inRing: false, FeedModel.New(Updates, changes: [Change(harness, "0xa", 1, revoked: false)]));
        var asked = AskAsync(harness, "0xa");
        await harness.Feed.PassAsync(TimeSpan.FromMilliseconds(30));

        Assert.Equal([Inbox(1)], await asked);
    });

    [Fact]
    public void InboxIds_UpdateReplayedWithoutItsChanges_EverythingIsAskedAgain() => Pump.Run(4, async _ =>
    {
        await using var harness = new ReaderHarness();
        await FeedHarness.SettleAsync();
        Assert.Equal([null], await AskAsync(harness, "0xa"));
        harness.Model.Append(1, inRing: false, FeedModel.New(Updates, changes: [Change(harness, "0xa", 1, revoked: false)]));
        await harness.Feed.PassAsync(TimeSpan.FromSeconds(2));
        harness.Model.Calls.Clear();

        Assert.Equal([Inbox(1)], await AskAsync(harness, "0xa"));
        Assert.Contains(StoreCall.ReadInboxIds, harness.Model.Calls.Keys);
    });

    [Fact]
    public void InboxIds_MoreAddressesThanRemembered_StaysBounded() => Pump.Run(5, async _ =>
    {
        await using var harness = new ReaderHarness(reading: new ReadingOptions { AddressCapacity = 16 });
        await FeedHarness.SettleAsync();
        for (var at = 0; at < 500; at++) await AskAsync(harness, $"0x{at}");

        Assert.InRange(harness.Addresses.Count, 1, 16);
    });

    [Fact]
    public void InboxIds_TextLongerThanAnyAddress_IsNotRemembered() => Pump.Run(6, async _ =>
    {
        await using var harness = new ReaderHarness();
        await FeedHarness.SettleAsync();

        Assert.Equal([null], await AskAsync(harness, new string('a', 65)));

        Assert.Equal(0, harness.Addresses.Count);
    });

    [Fact]
    public void InboxIds_BeforeTheFeedStarted_IsNotRemembered() => Pump.Run(7, async _ =>
    {
        var marks = new TaskCompletionSource();
        await using var harness = new ReaderHarness(prepare: model => model.HoldFirstMarks(marks.Task));
        Assert.Equal([null], await AskAsync(harness, "0xa"));
        Associate(harness, "0xa", 1); // the feed starts behind it, so nothing tells the cache
        marks.SetResult();
        await harness.Feed.PassAsync(TimeSpan.FromSeconds(1));

        Assert.Equal([Inbox(1)], await AskAsync(harness, "0xa"));
    });

    [Theory]
    [MemberData(nameof(Seeds))]
    public void InboxIds_AmongUpdates_AreNeverOlderThanTheQuestion(int seed) => Pump.Run(seed, async random =>
    {
        await using var harness = new ReaderHarness(feed: new() { ReplayLimit = random.Next(0, 6) });
        var asks = new List<Task>();
        for (var step = 0; step < 120; step++)
        {
            var address = $"0x{random.Next(4)}";
            switch (random.Next(6))
            {
                case 0 or 1:
                    var change = Change(harness, address, random.Next(1, 4), revoked: random.Next(3) == 0);
                    harness.Model.Append(1, inRing: random.Next(5) != 0, FeedModel.New(Updates, changes: [change]));
                    break;
                case 2:
                    harness.Feed.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(50)));
                    break;
                default:
                    asks.Add(CheckAsync(harness, address));
                    break;
            }

            for (var turns = random.Next(8); turns > 0; turns--) await Task.Yield();
        }

        await harness.Feed.PassAsync(TimeSpan.FromSeconds(2));
        await Task.WhenAll(asks);
    });

    private static async Task CheckAsync(ReaderHarness harness, string address)
    {
        var from = harness.Model.Marks[new(1)].Value;
        var got = (await AskAsync(harness, address))[0];
        var until = harness.Model.Marks[new(1)].Value;

        // The answer was right at some moment between question and answer.
        var right = new List<InboxId?>();
        for (var mark = from; mark <= until; mark++) right.Add(InboxAt(harness, address, mark));
        Assert.Contains(got, right);
    }

    private static InboxId? InboxAt(ReaderHarness harness, string address, ulong mark)
    {
        var current = new Dictionary<InboxId, (ulong Associated, bool Revoked)>();
        foreach (var entry in harness.Model.Everything.Where(entry => entry.Originator.Value == 1 && entry.Sequence.Value <= mark))
        {
            foreach (var change in entry.AddressChanges.Where(change => change.Address == address))
            {
                if (!change.Revoked) current[change.Inbox] = (change.Sequence.Value, false);
                else if (current.TryGetValue(change.Inbox, out var known)) current[change.Inbox] = (known.Associated, true);
            }
        }

        var found = current.Where(pair => !pair.Value.Revoked).OrderByDescending(pair => pair.Value.Associated).ToList();
        return found.Count == 0 ? null : found[0].Key;
    }

    private static void Associate(ReaderHarness harness, string address, int inbox) =>
        harness.Model.Append(1, inRing: true, FeedModel.New(Updates, changes: [Change(harness, address, inbox, revoked: false)]));

    private static void Revoke(ReaderHarness harness, string address, int inbox) =>
        harness.Model.Append(1, inRing: true, FeedModel.New(Updates, changes: [Change(harness, address, inbox, revoked: true)]));

    private static AddressChange Change(ReaderHarness harness, string address, int inbox, bool revoked) => new()
    {
        Address = address,
        Inbox = Inbox(inbox),
        Sequence = harness.Model.Marks[new(1)].Next(),
        Revoked = revoked,
    };

    private static InboxId Inbox(int number) => InboxId.FromBytes([.. new byte[31], (byte)number]);

    private static Task<IReadOnlyList<InboxId?>> AskAsync(ReaderHarness harness, params string[] addresses) =>
        harness.Reader.InboxIdsAsync(addresses, CancellationToken.None).AsTask();
}
