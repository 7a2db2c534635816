using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Hosting;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>Reads topics: few of them from their grains where that is worth it, everything else with one query of the store.</summary>
internal sealed class TopicReader(
    IEnvelopeStore store, TopicRoutes routes, TopicMetrics metrics, IOptions<TopicOptions> options)
{
    private readonly int _fewTopics = options.Value.FewTopics;

    /// <summary>Servable entries of one topic after a cursor, ascending by (originator, sequence id), cut by the limit.</summary>
    public async ValueTask<EntryPage> QueryAsync(
        Topic topic, Cursor after, long nowSeconds, PageLimit limit, CancellationToken cancellationToken)
    {
        if (routes.Touch(topic) is { } route)
        {
            var query = QueryOf(await store.ReadMarksAsync(cancellationToken), after, nowSeconds, limit);
            if (await AskAsync(topic, route, query, newest: false, cancellationToken) is { } reply) return PageOf(reply);
        }

        return await AskStoreAsync([topic], after, nowSeconds, null, limit, cancellationToken);
    }

    /// <summary>Servable entries of distinct topics after a shared cursor, ascending by (originator, sequence id), cut by the limit.</summary>
    public async ValueTask<EntryPage> QueryAsync(
        IReadOnlyList<Topic> topics, Cursor after, long nowSeconds, PageLimit limit, CancellationToken cancellationToken)
    {
        if (FindRoutes(topics) is not { } found) return await AskStoreAsync(topics, after, nowSeconds, null, limit, cancellationToken);
        var query = QueryOf(await store.ReadMarksAsync(cancellationToken), after, nowSeconds, limit);
        var (pages, rest) = await AskAllAsync(topics, found, query, newest: false, cancellationToken);
        var merge = new PageMerge(limit);
        foreach (var page in pages)
        {
            if (page is not null) merge.Add(PageOf(page));
        }

        // Nobody may answer beyond the marks: one topic would show an entry while another misses one before it, and a reader that moves its
        // cursor would never see that (invariant I1).
        if (rest.Count > 0) merge.Add(await AskStoreAsync(rest, after, nowSeconds, query.Marks, limit, cancellationToken));
        return merge.ToPage();
    }

    /// <summary>The newest servable entry of each topic at the same index.</summary>
    public async ValueTask<IReadOnlyList<LogEntry?>> NewestAsync(
        IReadOnlyList<Topic> topics, long nowSeconds, CancellationToken cancellationToken)
    {
        var filter = new ReadFilter { NowSeconds = nowSeconds };
        if (FindRoutes(topics) is not { } found)
        {
            metrics.FromStore(topics.Count);
            return await store.ReadNewestAsync(topics, filter, cancellationToken);
        }

        var query = new TopicQuery { Marks = await store.ReadMarksAsync(cancellationToken), NowSeconds = nowSeconds };
        var (replies, rest) = await AskAllAsync(topics, found, query, newest: true, cancellationToken);
        var newest = new LogEntry?[topics.Count];
        for (var at = 0; at < newest.Length; at++)
        {
            newest[at] = replies[at] is { Entries: [var entry, ..] } ? entry : null;
        }

        if (rest.Count == 0) return newest;
        metrics.FromStore(rest.Count);
        var stored = await store.ReadNewestAsync(rest, filter, cancellationToken);
        for (int at = 0, next = 0; at < newest.Length; at++)
        {
            if (replies[at] is null) newest[at] = stored[next++];
        }

        return newest;
    }

    private static EntryPage PageOf(TopicReply reply) =>
        reply.Entries.Length == 0 ? EntryPage.Empty : new EntryPage(reply.Entries, reply.More);

    private static TopicQuery QueryOf(Cursor marks, Cursor after, long nowSeconds, PageLimit limit) =>
        new() { Marks = marks, NowSeconds = nowSeconds, After = after, Count = limit.Count, Bytes = limit.Bytes };

    // The way to each topic that is worth asking; null when none is.
    private TopicRoute?[]? FindRoutes(IReadOnlyList<Topic> topics)
    {
        if (topics.Count > _fewTopics) return null;
        TopicRoute?[]? found = null;
        for (var at = 0; at < topics.Count; at++)
        {
            if (routes.Touch(topics[at]) is { } route) (found ??= new TopicRoute?[topics.Count])[at] = route;
        }

        return found;
    }

    // The replies at the topics' index, null where the store must be asked; and those topics.
    private async ValueTask<(TopicReply?[] Replies, IReadOnlyList<Topic> Unanswered)> AskAllAsync(
        IReadOnlyList<Topic> topics, TopicRoute?[] found, TopicQuery query, bool newest, CancellationToken cancellationToken)
    {
        var (replies, asked) = (new TopicReply?[topics.Count], default(Task<TopicReply?>?[]));
        var missing = 0;
        for (var at = 0; at < replies.Length; at++)
        {
            var reply = found[at] is { } route ? AskAsync(topics[at], route, query, newest, cancellationToken) : default;
            if (!reply.IsCompletedSuccessfully) (asked ??= new Task<TopicReply?>?[replies.Length])[at] = reply.AsTask();
            else if ((replies[at] = await reply) is null) missing++;
        }

        for (var at = 0; at < asked?.Length; at++)
        {
            if (asked[at] is { } waiting && (replies[at] = await waiting) is null) missing++;
        }

        return (replies, missing == 0 ? [] : [.. topics.Where((_, at) => replies[at] is null)]);
    }

    // The topic's answer, null when the store must be asked. What this process holds itself costs no call.
    private ValueTask<TopicReply?> AskAsync(Topic topic, TopicRoute route, TopicQuery query, bool newest, CancellationToken cancellationToken)
    {
        if (routes.SnapshotOf(route, query.Marks) is not { } snapshot) return AskGrainAsync(topic, route, query, newest, cancellationToken);
        return new ValueTask<TopicReply?>(Judge(newest ? snapshot.Newest(query, topic.Kind) : snapshot.Query(query, topic.Kind)));
    }

    private async ValueTask<TopicReply?> AskGrainAsync(Topic topic, TopicRoute route, TopicQuery query, bool newest, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await (newest ? route.Grain.NewestAsync(query, cancellationToken) : route.Grain.QueryAsync(query, cancellationToken));
            if (reply.Status == TopicReplyStatus.Full) routes.Rest(route);
            else routes.Answered(topic, route);
            return Judge(reply);
        }
        catch (Exception failure) when (GrainCallFailures.IsPassing(failure) && !cancellationToken.IsCancellationRequested)
        {
            return null; // the grain is moving or its silo gone; the store has what it had
        }
    }

    // The reply if it is an answer; null when the store must be asked.
    private TopicReply? Judge(TopicReply reply)
    {
        if (reply.Status != TopicReplyStatus.Answered) return null;
        metrics.FromMemory(1);
        return reply;
    }

    private async ValueTask<EntryPage> AskStoreAsync(
        IReadOnlyList<Topic> topics, Cursor after, long nowSeconds, Cursor? upTo, PageLimit limit, CancellationToken cancellationToken)
    {
        metrics.FromStore(topics.Count);
        var filter = new ReadFilter { NowSeconds = nowSeconds, UpTo = upTo };
        return await store.ReadTopicsAsync(
            [.. topics.Select(topic => new TopicPosition(topic, after))], filter, limit, cancellationToken);
    }
}
