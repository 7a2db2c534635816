using BitFaster.Caching.Lru;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>Which topics this process reads often enough to ask their grains. A topic read once costs no activation.</summary>
internal sealed class TopicRoutes(Func<Topic, ITopicGrain> find, FeedHub hub, IOptions<TopicOptions> options)
{
    private readonly ConcurrentLru<Topic, Route> _routes = new(
        Environment.ProcessorCount, options.Value.RouteCapacity, TopicComparer.Instance);

    private readonly long _wakeWithin = (long)options.Value.WakeWithin.TotalMilliseconds;

    /// <summary>Notes a read; the topic's grain when it is worth asking.</summary>
    public ITopicGrain? Touch(Topic topic)
    {
        var now = hub.CoarseNow;
        if (!_routes.TryGet(topic, out var route))
        {
            _routes.AddOrUpdate(topic, new Route(now));
            return null;
        }

        var since = now - route.LastRead;
        route.LastRead = now;
        if (since > _wakeWithin || now < route.RestUntil) return null;
        return route.Grain ??= find(topic);
    }

    /// <summary>The silo of this topic's grain has no room for it.</summary>
    public void Rest(Topic topic)
    {
        if (_routes.TryGet(topic, out var route)) route.RestUntil = hub.CoarseNow + _wakeWithin;
    }

    // Written by concurrent reads; any of their values will do.
    private sealed class Route(long now)
    {
        public long LastRead { get; set; } = now;

        public long RestUntil { get; set; }

        public ITopicGrain? Grain { get; set; }
    }
}
