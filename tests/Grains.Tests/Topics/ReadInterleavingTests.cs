using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Feeds;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Topics;

/// <summary>Random reads among random appends, losses and deactivations: what was committed before a read began is in its answer (I4), and
/// within a log nothing is missing before what is shown (I1).</summary>
public sealed class ReadInterleavingTests
{
    private static readonly Topic[] Topics =
        [.. Enumerable.Range(0, 4).Select(number => FeedModel.TopicOf(number, number == 0 ? TopicKind.KeyPackages : TopicKind.GroupMessages))];

    private static readonly uint[] Originators = [0, 1, 100, 200];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Reads_MissNothingThatWasCommittedBefore(int seed) => Pump.Run(seed, async random =>
    {
        await using var harness = new ReaderHarness(
            new TopicOptions { TailCount = random.Next(1, 8), TailsPerSilo = random.Next(1, 5), FewTopics = random.Next(1, 4) },
            feed: new() { ReplayLimit = random.Next(0, 12) });
        var reads = new List<Task>();
        for (var step = 0; step < 150; step++)
        {
            switch (random.Next(10))
            {
                case < 3:
                    Append(harness, random);
                    break;
                case < 6:
                    reads.Add(QueryAsync(harness, random));
                    break;
                case 6:
                    reads.Add(NewestAsync(harness, random));
                    break;
                case 7 when random.Next(3) == 0:
                    harness.Deactivate(Topics[random.Next(Topics.Length)]);
                    break;
                case 8:
                    harness.Model.ResetRing(Originators[random.Next(Originators.Length)]);
                    break;
                default:
                    harness.Feed.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(60)));
                    break;
            }

            for (var turns = random.Next(10); turns > 0; turns--) await Task.Yield();
        }

        await harness.Feed.PassAsync(TimeSpan.FromSeconds(2));
        await Task.WhenAll(reads);
        Assert.True(harness.GrainsWoken > 0);
        Assert.Equal(harness.Tails.Bytes, Topics.Sum(topic => HeldBytes(harness, topic)));
    });

    private static void Append(ReaderHarness harness, Random random) => harness.Model.Append(
        Originators[random.Next(Originators.Length)],
        inRing: random.Next(6) != 0,
        [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => FeedModel.New(
            Topics[random.Next(Topics.Length)], servable: random.Next(8) != 0, bytes: random.Next(1, 9)))]);

    private static async Task QueryAsync(ReaderHarness harness, Random random)
    {
        Topic[] topics = [.. Topics.Where(_ => random.Next(3) == 0)];
        var marks = harness.Model.Marks;
        var after = Cursor.Of(Originators.Where(_ => random.Next(3) != 0).Select(id => KeyValuePair.Create(
            new OriginatorId(id), new SequenceId((ulong)random.Next((int)marks[new OriginatorId(id)].Value + 2)))));
        var limit = new PageLimit(random.Next(1, 12), random.Next(1, 40));

        var page = await harness.QueryAsync(after, limit, topics);

        var seen = harness.Model.Everything
            .Where(entry => entry.Servable && topics.Contains(entry.Topic) && entry.Sequence > after[entry.Originator])
            .OrderBy(entry => entry.Originator).ThenBy(entry => entry.Sequence)
            .Select(Name).ToArray();
        var due = harness.Model.Everything
            .Where(entry => entry.Servable && topics.Contains(entry.Topic) && entry.Sequence > after[entry.Originator]
                && entry.Sequence <= marks[entry.Originator])
            .Select(Name).ToHashSet();
        var got = page.Entries.Select(Name).ToArray();
        var ordered = page.Entries.OrderBy(entry => entry.Originator).ThenBy(entry => entry.Sequence).Select(Name);
        Assert.Equal(ordered, got);
        Assert.Equal(got.Distinct(), got);
        Assert.InRange(got.Length, 0, limit.Count);
        Assert.Subset(seen.ToHashSet(), got.ToHashSet());
        // Of each log the answer is the beginning of what there is: a cursor moved over it skips nothing.
        foreach (var log in page.Entries.GroupBy(entry => entry.Originator))
        {
            var all = seen.Where(name => name.StartsWith($"{log.Key}:", StringComparison.Ordinal));
            Assert.Equal(all.Take(log.Count()), log.Select(Name));
        }

        if (!page.More) Assert.Subset(got.ToHashSet(), due);
        if (page.More) Assert.NotEmpty(got);
    }

    private static async Task NewestAsync(ReaderHarness harness, Random random)
    {
        var topic = Topics[random.Next(Topics.Length)];
        var due = harness.Model.Everything.Where(entry => entry.Servable && entry.Topic.Equals(topic)).ToArray();
        Func<LogEntry, long> age = topic.Kind == TopicKind.KeyPackages ? entry => entry.OriginatorNs : entry => entry.ArrivalUs;

        var newest = await harness.NewestAsync(topic);

        if (due.Length > 0) Assert.True(newest is not null && age(newest) >= due.Max(age));
        if (newest is not null) Assert.Contains(newest.Sequence, harness.Model.Everything.Where(entry => entry.Originator == newest.Originator).Select(entry => entry.Sequence));
    }

    private static long HeldBytes(ReaderHarness harness, Topic topic)
    {
        var before = harness.Tails.Bytes;
        harness.Deactivate(topic);
        return before - harness.Tails.Bytes;
    }

    private static string Name(LogEntry entry) => $"{entry.Originator}:{entry.Sequence}";
}
