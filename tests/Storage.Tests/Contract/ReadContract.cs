using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Tests.Contract;

public abstract class ReadContract(StoreHarness harness) : StoreContract(harness)
{
    private const long Now = 1_000;
    private static readonly OriginatorId Node = new(100);

    [Fact]
    public async Task ReadOriginators_LongStretchesExpired_ShowsWhatIsLeftAndTheSameTheNextTime()
    {
        var writer = await LogWriter.TakeAsync(Store, Node.Value);
        ulong[] shown = [6_100, 6_101, 13_000, 19_999];
        while (writer.Last.Value < 20_000)
        {
            await writer.AppendAsync([.. Enumerable.Range(1, 2_000).Select(offset => writer.Row(
                offset % 50 == 0 ? KeyPackage(1) : Group(1), offset, shown.Contains(writer.Last.Value + (ulong)offset) ? Now + 1 : Now))]);
        }

        // The last key package of its topic is served although it expired.
        ulong[] expected = [.. shown, 20_000];
        var filter = new ReadFilter { NowSeconds = Now };
        for (var turn = 0; turn < 3; turn++)
        {
            foreach (var after in new ulong[] { 0, 3, 6_099, 6_100, 6_500, 12_999, 19_000, 19_999 })
            {
                var page = await Store.ReadOriginatorsAsync([Node], Cursor.Of(Node, new(after)), filter, NoLimit, Cancellation);
                Assert.Equal(expected.Where(position => position > after), page.Entries.Select(entry => entry.Sequence.Value));
                Assert.False(page.More);
            }

            var cut = await Store.ReadOriginatorsAsync([Node], Cursor.Empty, filter, new PageLimit(2, int.MaxValue), Cancellation);
            Assert.Equal([6_100UL, 6_101], cut.Entries.Select(entry => entry.Sequence.Value));
            Assert.True(cut.More);
            var all = await Store.ReadOriginatorsAsync(
                [Node], Cursor.Of(Node, new(19_995)), new ReadFilter { NowSeconds = long.MinValue }, NoLimit, Cancellation);
            Assert.Equal(5, all.Entries.Count);
            var before = await Store.ReadOriginatorsAsync([Node], Cursor.Of(Node, new(10)), filter with { NowSeconds = Now - 1 }, new PageLimit(1, 99), Cancellation);
            Assert.Equal(11UL, before.Entries.Single().Sequence.Value);
        }
    }

    [Fact]
    public async Task Reads_RandomLogs_AnswerAsTheModel()
    {
        var seed = Environment.TickCount;
        var random = new Random(seed);
        Topic[] topics = [Group(1), Group(2), Group(3), KeyPackage(1), KeyPackage(2), Topic.Of(TopicKind.IdentityUpdates, new byte[32])];
        OriginatorId[] nodes = [new(0), new(1), new(100), new(200)];
        var model = new StoreModel(await FillAsync(random, topics, nodes));

        for (var round = 0; round < 150; round++)
        {
            var filter = new ReadFilter
            {
                NowSeconds = random.Next(3) == 0 ? long.MinValue : Now,
                UpTo = random.Next(2) == 0 ? null : RandomCursor(),
                PerPair = random.Next(3) == 0 ? random.Next(1, 5) : 0,
            };
            var limit = new PageLimit(random.Next(4) == 0 ? int.MaxValue : random.Next(1, 30), random.Next(2) == 0 ? int.MaxValue
                : random.Next(1, 400));
            var positions = topics.Where(_ => random.Next(3) > 0).Select(topic => new TopicPosition(topic, RandomCursor())).ToArray();
            var logs = nodes.Append(new OriginatorId(700)).Where(_ => random.Next(3) > 0).ToArray();
            var after = RandomCursor();
            random.Shuffle(logs);

            AssertPage(model.Topics(positions, filter, limit), await Store.ReadTopicsAsync(positions, filter, limit,
                Cancellation), $"topics, round {round}");
            AssertPage(
                model.Originators(logs, after, filter, limit),
                await Store.ReadOriginatorsAsync(logs, after, filter, limit, Cancellation),
                $"originators, round {round}");
            foreach (var topic in topics)
            {
                var (upTo, perLog) = (RandomCursor(), new PageLimit(random.Next(1, 9), random.Next(2) == 0 ? int.MaxValue : random.Next(1,
                    200)));
                Assert.Equivalent(model.Tail(topic, upTo, perLog), await Store.ReadTopicTailAsync(topic, upTo, perLog, Cancellation),
                    strict: true);
            }

            var asked = topics.Concat(topics.Take(2)).Append(Group(99)).ToArray();
            Assert.Equivalent(asked.Select(topic => model.Newest(topic, filter)), await Store.ReadNewestAsync(asked, filter, Cancellation),
                strict: true);
        }

        Cursor RandomCursor() => Cursor.Of(nodes.Where(_ => random.Next(4) > 0)
            .Select(node => KeyValuePair.Create(node, new SequenceId((ulong)random.Next(60)))));

        void AssertPage(EntryPage expected, EntryPage actual, string what)
        {
            Assert.True(Keys(expected).SequenceEqual(Keys(actual)), $"{what}, seed {seed}: {string.Join(' ', Keys(actual))} for {string.Join(' ', Keys(expected))}");
            Assert.True(!expected.More || actual.More, $"{what}, seed {seed}: more follows"); // more may be said where nothing follows
            Assert.Equivalent(expected.Entries, actual.Entries, strict: true);
        }
    }

    [Fact]
    public async Task ReadLog_Limits_CutThePage()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendAsync([.. Enumerable.Range(1, 6).Select(offset => log.Row(Group(1), offset, servable: offset != 3,
            bytes: new byte[100]))]);

        Assert.Equal([2UL, 3, 4], Positions((await ReadAsync(1, 4, NoLimit)).Entries));
        var byCount = await ReadAsync(0, 6, new PageLimit(2, int.MaxValue));
        Assert.Equal((2, true), (byCount.Entries.Count, byCount.More));
        var byBytes = await ReadAsync(0, 6, new PageLimit(10, 250));
        Assert.Equal((2, true), (byBytes.Entries.Count, byBytes.More));
        var tooLarge = await ReadAsync(0, 6, new PageLimit(10, 10));
        Assert.Equal((1, true), (tooLarge.Entries.Count, tooLarge.More));
        var whole = await ReadAsync(0, 6, new PageLimit(6, 600));
        Assert.Equal((6, false), (whole.Entries.Count, whole.More));
        Assert.Empty((await ReadAsync(6, 100, NoLimit)).Entries);

        Task<EntryPage> ReadAsync(ulong after, ulong upTo, PageLimit limit) =>
            Store.ReadLogAsync(Node, new SequenceId(after), new SequenceId(upTo), limit, Cancellation);
    }

    [Fact]
    public async Task ReadEntry_ByKey_FindsIt()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendAsync(log.Row(Group(1)), log.Row(Group(2), 3));

        Assert.Equivalent(log.Entries[1], await Store.ReadEntryAsync(Node, new SequenceId(3), Cancellation), strict: true);
        Assert.Null(await Store.ReadEntryAsync(Node, new SequenceId(2), Cancellation));
        Assert.Null(await Store.ReadEntryAsync(new OriginatorId(200), new SequenceId(1), Cancellation));
    }

    [Fact]
    public async Task ReadTopics_SharedCursorOverBusyAndQuietTopics_ReturnsEverythingOnce()
    {
        var log = await LogWriter.TakeAsync(Store, 1);
        for (var commit = 0; commit < 20; commit++)
        {
            await log.AppendTopicsAsync([Group(0), Group(0), Group(0), Group(commit % 5), Group(0)]);
        }

        var after = Cursor.Empty;
        var seen = new List<ulong>();
        for (var more = true; more;)
        {
            var page = await Store.ReadTopicsAsync(
                [.. Enumerable.Range(0, 5).Select(number => new TopicPosition(Group(number), after))], Everything, new PageLimit(7,
                    int.MaxValue), Cancellation);
            seen.AddRange(Positions(page.Entries));
            after = Cursor.Of(new OriginatorId(1), page.Entries[^1].Sequence);
            more = page.More;
        }

        Assert.Equal(Enumerable.Range(1, 100).Select(value => (ulong)value), seen);
    }

    [Fact]
    public async Task ReadTopics_ThousandTopics_Merges()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        var topics = Enumerable.Range(0, 1_000).Select(Group).ToArray();
        await log.AppendTopicsAsync([.. topics, .. topics]);

        var page = await Store.ReadTopicsAsync([.. topics.Reverse().Select(topic => new TopicPosition(topic, Cursor.Empty))], Everything,
            new PageLimit(1_500, int.MaxValue), Cancellation);

        Assert.Equal(Enumerable.Range(1, 1_500).Select(value => (ulong)value), Positions(page.Entries));
        Assert.True(page.More);
    }

    [Fact]
    public async Task ReadNewest_NonKeyPackage_LatestArrivalWins()
    {
        var first = await LogWriter.TakeAsync(Store, 100);
        var second = await LogWriter.TakeAsync(Store, 200);
        await first.AppendAsync(first.Row(Group(1), originatorNs: 9_000, arrivalUs: 10));
        await second.AppendAsync(second.Row(Group(1), originatorNs: 1_000, arrivalUs: 20));

        Assert.Equal(new OriginatorId(200), (await Store.ReadNewestAsync([Group(1)], Everything, Cancellation))[0]!.Originator);
    }

    [Fact]
    public async Task ReadNewest_KeyPackage_LatestOriginationWins()
    {
        var first = await LogWriter.TakeAsync(Store, 100);
        var second = await LogWriter.TakeAsync(Store, 200);
        await first.AppendAsync(first.Row(KeyPackage(1), originatorNs: 9_000, arrivalUs: 10));
        await second.AppendAsync(second.Row(KeyPackage(1), originatorNs: 1_000, arrivalUs: 20));

        Assert.Equal(new OriginatorId(100), (await Store.ReadNewestAsync([KeyPackage(1)], Everything, Cancellation))[0]!.Originator);
    }

    [Fact]
    public async Task Reads_Expired_OnlyTheNewestKeyPackageStays()
    {
        var log = await LogWriter.TakeAsync(Store, 100);
        await log.AppendAsync(
            log.Row(Group(1), 1, expirySeconds: Now), log.Row(KeyPackage(1), 2, expirySeconds: Now), log.Row(KeyPackage(1), 3,
                expirySeconds: Now),
            log.Row(Group(1), 4, expirySeconds: Now + 1), log.Row(Group(2), 5, expirySeconds: Now));
        var filter = new ReadFilter { NowSeconds = Now };

        var byTopic = await Store.ReadTopicsAsync([new(Group(1), Cursor.Empty), new(KeyPackage(1), Cursor.Empty)], filter, NoLimit,
            Cancellation);
        var byLog = await Store.ReadOriginatorsAsync([Node], Cursor.Empty, filter, NoLimit, Cancellation);
        var newest = await Store.ReadNewestAsync([Group(1), KeyPackage(1), Group(2)], filter, Cancellation);

        Assert.Equal([3UL, 4], Positions(byTopic.Entries));
        Assert.Equal([3UL, 4], Positions(byLog.Entries));
        Assert.Equal([4UL, 3, null], newest.Select(entry => entry?.Sequence.Value));
    }

    [Fact]
    public async Task Reads_NothingAsked_NothingAnswered()
    {
        Assert.Empty((await Store.ReadTopicsAsync([], Everything, NoLimit, Cancellation)).Entries);
        Assert.Empty((await Store.ReadOriginatorsAsync([], Cursor.Empty, Everything, NoLimit, Cancellation)).Entries);
        Assert.Empty(await Store.ReadNewestAsync([], Everything, Cancellation));
    }

    private static IEnumerable<string> Keys(EntryPage page) => page.Entries.Select(entry => $"{entry.Originator}:{entry.Sequence}");

    private async Task<IReadOnlyList<LogEntry>> FillAsync(Random random, Topic[] topics, OriginatorId[] nodes)
    {
        var logs = new List<LogWriter>();
        foreach (var node in nodes)
        {
            logs.Add(await LogWriter.TakeAsync(Store, node.Value));
        }

        for (var commit = 0; commit < 40; commit++)
        {
            var log = logs[random.Next(logs.Count)];
            var offset = 0;
            await log.AppendAsync([.. Enumerable.Range(0, random.Next(1, 8)).Select(_ => log.Row(
                topics[random.Next(topics.Length)],
                offset += random.Next(1, 3),
                expirySeconds: random.Next(2) == 0 ? Now + 1 : random.Next((int)Now + 1),
                servable: random.Next(6) > 0,
                arrivalUs: commit,
                bytes: new byte[random.Next(1, 60)]))]);
        }

        return [.. logs.SelectMany(log => log.Entries)];
    }
}
