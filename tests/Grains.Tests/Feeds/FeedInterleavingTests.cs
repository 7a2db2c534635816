using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Feeds;

/// <summary>Random appends, losses and pauses against random streams: each gets exactly its entries, once, per originator ascending.</summary>
public sealed class FeedInterleavingTests
{
    private const int Steps = 120;
    private static readonly Topic[] Topics = [.. Enumerable.Range(0, 6).Select(number => FeedModel.TopicOf(number))];
    private static readonly uint[] Originators = [0, 1, 100, 200];

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Streams_GetExactlyTheirEntries(int seed) => Pump.Run(seed, async random =>
    {
        await using var harness = new FeedHarness(new FeedOptions
        {
            StreamBacklog = random.Next(4, 20),
            BatchCount = random.Next(1, 6),
            ReplayLimit = random.Next(0, 12),
            RingCount = random.Next(8, 200),
        });
        for (var before = random.Next(4); before > 0; before--) Append(harness, random);
        var streams = new List<Following>();
        for (var step = 0; step < Steps; step++)
        {
            switch (random.Next(12))
            {
                case < 5:
                    Append(harness, random);
                    break;
                case 5 when streams.Count < 12:
                    streams.Add(Open(harness, random));
                    break;
                case 6 or 7 when streams.Count > 0:
                    streams[random.Next(streams.Count)].Resume();
                    break;
                case 8 when streams.Count > 0:
                    streams[random.Next(streams.Count)].Pause();
                    break;
                case 9:
                    harness.Model.ResetRing(Originators[random.Next(Originators.Length)]);
                    break;
                case 10 when streams.Count > 0 && random.Next(3) == 0:
                    var closed = streams[random.Next(streams.Count)];
                    closed.Check(harness.Model, complete: false);
                    streams.Remove(closed);
                    await closed.Reader.DisposeAsync();
                    break;
                default:
                    harness.Model.LogsAway = random.Next(4) == 0;
                    harness.Clock.Advance(TimeSpan.FromMilliseconds(random.Next(300)));
                    break;
            }

            for (var turns = random.Next(12); turns > 0; turns--) await Task.Yield();
        }

        harness.Model.LogsAway = false;
        foreach (var stream in streams) stream.Resume();
        await harness.PassAsync(TimeSpan.FromSeconds(4));
        Assert.Equal(harness.Model.Marks, harness.Hub.Applied);
        foreach (var stream in streams)
        {
            stream.Check(harness.Model, complete: true);
            await stream.Reader.DisposeAsync();
        }

        Assert.Equal((0, 0, 0), harness.Hub.CountRegistrations());
    });

    private static void Append(FeedHarness harness, Random random)
    {
        var originator = Originators[random.Next(Originators.Length)];
        var entries = Enumerable.Range(0, random.Next(1, 6)).Select(_ => FeedModel.New(Topics[random.Next(Topics.Length)], servable: random.Next(8) != 0)).ToArray();
        harness.Model.Append(originator, inRing: random.Next(6) != 0, entries);
    }

    private static Following Open(FeedHarness harness, Random random)
    {
        var marks = harness.Model.Marks;
        switch (random.Next(4))
        {
            case 0:
                return new Following(harness.Hub.FollowAll(), marks, fromNow: true, (entry, _) => entry.Servable, Cursor.Empty);
            case 1:
                var originators = Originators.Where(_ => random.Next(2) == 0).Select(id => new OriginatorId(id)).ToArray();
                var after = random.Next(3) == 0 ? null : Positions(marks, random);
                return new Following(
                    harness.Hub.FollowOriginators(originators, after),
                    marks,
                    fromNow: after is null,
                    (entry, from) => originators.Contains(entry.Originator) && entry.Sequence > from[entry.Originator],
                    after ?? Cursor.Empty);
            default:
                var positions = Topics.Where(_ => random.Next(2) == 0)
                    .ToDictionary(topic => topic, _ => Positions(marks, random), TopicComparer.Instance);
                return new Following(
                    harness.Hub.FollowTopics([.. positions.Select(position => new TopicPosition(position.Key, position.Value))]),
                    marks,
                    fromNow: false,
                    (entry, _) => entry.Servable && positions.TryGetValue(entry.Topic, out var start)
                        && entry.Sequence > start[entry.Originator],
                    Cursor.Empty);
        }
    }

    // Somewhere before, at or beyond what the node has.
    private static Cursor Positions(Cursor marks, Random random) => Cursor.Of(Originators
        .Where(_ => random.Next(3) != 0)
        .Select(id => KeyValuePair.Create(
            new OriginatorId(id), new SequenceId((ulong)random.Next((int)marks[new OriginatorId(id)].Value + 4)))));

    private sealed class Following(
        IFeedStream stream, Cursor marksAtOpen, bool fromNow, Func<LogEntry, Cursor, bool> wants, Cursor after)
    {
        private bool _paused = true;

        public StreamReader Reader { get; } = new(stream);

        public void Resume()
        {
            if (!_paused) return;
            _paused = false;
            Reader.Reading = ReadAsync(Reader.Reading);
        }

        public void Pause() => _paused = true;

        public void Check(FeedModel model, bool complete)
        {
            foreach (var log in Reader.Entries.GroupBy(entry => entry.Originator))
            {
                var sequences = log.Select(entry => entry.Sequence.Value).ToArray();
                Assert.Equal(sequences.Order().Distinct(), sequences);
            }

            var got = Reader.Positions.ToHashSet();
            var wanted = model.Everything.Where(entry => wants(entry, after)).ToArray();
            Assert.Subset(wanted.Select(Name).ToHashSet(), got);
            foreach (var log in wanted.GroupBy(entry => entry.Originator))
            {
                // "From now on" may begin a little before the call, where this process's feed stands; from there on nothing may be missing.
                var first = log.Select(Name).ToList().FindIndex(got.Contains);
                var due = fromNow ? log.Where(entry => entry.Sequence > marksAtOpen[entry.Originator]) : log;
                if (complete) Assert.Subset(got, due.Select(Name).ToHashSet());
                if (first < 0) continue;
                var tail = log.Select(Name).Skip(first).ToArray();
                Assert.Equal(tail.Take(got.Intersect(tail).Count()), Reader.Positions.Where(tail.Contains));
            }
        }

        private static string Name(LogEntry entry) => $"{entry.Originator}:{entry.Sequence}";

        private async Task ReadAsync(Task before)
        {
            await before;
            try
            {
                while (!_paused && !Reader.Ended) await Reader.ReadOnceAsync();
            }
            catch (OperationCanceledException)
            {
                // Closed.
            }
        }
    }
}
