using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Tests.Feeds;
using XmtpOrleans.Grains.Tests.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Tests.Topics;

/// <summary>A process's reads over a <see cref="FeedHarness"/>, with topics that are cores instead of grains.</summary>
internal sealed class ReaderHarness : IAsyncDisposable
{
    private readonly Dictionary<Topic, FakeGrain> _grains = new(TopicComparer.Instance);
    private readonly TopicOptions _topics;
    private readonly TopicMetrics _metrics = new(new NoMeters());

    public ReaderHarness(TopicOptions? topics = null, ReadingOptions? reading = null, FeedOptions? feed = null, Action<FeedModel>? prepare = null)
    {
        _topics = topics ?? new TopicOptions();
        Reading = reading ?? new ReadingOptions();
        Tails = new TopicTails(Options.Create(_topics), _metrics);
        Addresses = new AddressCache(Options.Create(Reading));
        Feed = new FeedHarness(feed, prepare, Tails, Addresses);
        var routes = new TopicRoutes(FindGrain, Feed.Hub, Tails, Options.Create(_topics));
        var reader = new TopicReader(Feed.Model.Store, routes, _metrics, Options.Create(_topics));
        Reader = new NodeReader(Feed.Model.Store, Feed.Hub, reader, Addresses, Options.Create(Reading), Feed.Clock);
    }

    public FeedHarness Feed { get; }

    public FeedModel Model => Feed.Model;

    public ReadingOptions Reading { get; }

    public TopicTails Tails { get; }

    public AddressCache Addresses { get; }

    public NodeReader Reader { get; }

    /// <summary>Topics whose grain was asked.</summary>
    public int GrainsWoken => _grains.Count;

    /// <summary>Calls of topics' grains.</summary>
    public int GrainCalls => _grains.Values.Sum(grain => grain.Calls);

    public Task<EntryPage> QueryAsync(Cursor after, PageLimit limit, params Topic[] topics) =>
        Reader.QueryTopicsAsync(topics, after, limit, CancellationToken.None).AsTask();

    public Task<EntryPage> QueryAsync(params Topic[] topics) => QueryAsync(Cursor.Empty, new PageLimit(1_000, 1 << 20), topics);

    public async Task<LogEntry?> NewestAsync(Topic topic) => (await Reader.NewestAsync([topic], CancellationToken.None))[0];

    public ITopicGrain FindGrain(Topic topic)
    {
        if (!_grains.TryGetValue(topic, out var grain)) _grains.Add(topic, grain = new FakeGrain(NewTail(topic)));
        return grain;
    }

    public TopicTail NewTail(Topic topic) => new(topic, Tails, Feed.Hub, _topics, Reading.FeedWait, _metrics);

    /// <summary>Ends a topic's activation, if there is one.</summary>
    public void Deactivate(Topic topic)
    {
        if (!_grains.TryGetValue(topic, out var grain)) return;
        grain.Tail.Close();
        grain.Tail = NewTail(topic);
    }

    public ValueTask DisposeAsync() => Feed.DisposeAsync();

    private sealed class FakeGrain(TopicTail tail) : ITopicGrain
    {
        public TopicTail Tail { get; set; } = tail;

        public int Calls { get; private set; }

        public ValueTask<TopicReply> QueryAsync(TopicQuery query, CancellationToken cancellationToken)
        {
            Calls++;
            return Tail.QueryAsync(query, cancellationToken);
        }

        public ValueTask<TopicReply> NewestAsync(TopicQuery query, CancellationToken cancellationToken)
        {
            Calls++;
            return Tail.NewestAsync(query, cancellationToken);
        }
    }
}
