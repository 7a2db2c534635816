using BitFaster.Caching.Lru;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>Which topics this process reads often enough to ask their grains. A topic read once costs no activation.</summary>
internal sealed class TopicRoutes(Func<Topic, ITopicGrain> find, FeedHub hub, TopicTails tails, IOptions<TopicOptions> options)
{
    private const int AsksWhileIdle = 4; // so often a grain is asked in the time after which it would go

    private readonly ConcurrentLru<Topic, TopicRoute> _routes = new(
        Environment.ProcessorCount, options.Value.RouteCapacity, TopicComparer.Instance);

    private readonly long _wakeWithin = (long)options.Value.WakeWithin.TotalMilliseconds;
    private readonly long _askEvery = (long)options.Value.IdleAfter.TotalMilliseconds / AsksWhileIdle;

    /// <summary>Notes a read; the way to the topic when it is worth asking.</summary>
    public TopicRoute? Touch(Topic topic)
    {
        var now = hub.CoarseNow;
        if (!_routes.TryGet(topic, out var route))
        {
            _routes.AddOrUpdate(topic, new TopicRoute(now));
            return null;
        }

        var since = now - route.LastRead;
        route.LastRead = now;
        if (since > _wakeWithin || now < route.RestUntil) return null;
        route.Grain ??= find(topic);
        return route;
    }

    /// <summary>The topic's end in this process, complete up to the marks; <see langword="null"/> when the grain has to be asked: it lives elsewhere,
    /// holds nothing, has to be reminded, or the feed is behind.</summary>
    public TailSnapshot? SnapshotOf(TopicRoute route, Cursor marks) =>
        // The position first: whatever the feed applies after that is in the snapshot, or makes it hold more.
        hub.CoarseNow < route.AskGrainAt && hub.Applied.Covers(marks) ? route.Tail?.Snapshot : null;

    /// <summary>The topic's grain has answered.</summary>
    public void Answered(Topic topic, TopicRoute route)
    {
        var now = hub.CoarseNow;
        if (now < route.AskGrainAt && route.Tail is not { Snapshot: null }) return;
        route.Tail = tails.Find(topic);
        route.AskGrainAt = now + _askEvery;
    }

    /// <summary>The silo of the topic's grain has no room for it.</summary>
    public void Rest(TopicRoute route) => route.RestUntil = hub.CoarseNow + _wakeWithin;
}
