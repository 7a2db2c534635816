using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Inboxes;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>Answers reads from topic grains, the address cache and the store.</summary>
internal sealed class NodeReader(
    IEnvelopeStore store, FeedHub hub, TopicReader topicReader, AddressCache addresses, IOptions<ReadingOptions> options, TimeProvider clock) : INodeReader
{
    private readonly ReadingOptions _options = options.Value;

    private long NowSeconds => _options.ServeExpired ? long.MinValue : clock.GetUtcNow().ToUnixTimeSeconds();

    /// <inheritdoc/>
    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) => store.ReadMarksAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<Cursor> WaitForMarksAsync(Cursor cursor, TimeSpan wait, CancellationToken cancellationToken)
    {
        var marks = await store.ReadMarksAsync(cancellationToken);
        if (marks.Covers(cursor) || wait <= TimeSpan.Zero) return marks;
        await hub.WaitForAsync(cursor, wait, cancellationToken);
        return await store.ReadMarksAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask<EntryPage> QueryTopicsAsync(
        IReadOnlyList<Topic> topics, Cursor after, PageLimit limit, CancellationToken cancellationToken) => topics.Count switch
        {
            0 => ValueTask.FromResult(EntryPage.Empty),
            1 => topicReader.QueryAsync(topics[0], after, NowSeconds, limit, cancellationToken),
            _ => topicReader.QueryAsync([.. topics.Distinct(TopicComparer.Instance)], after, NowSeconds, limit, cancellationToken),
        };

    /// <inheritdoc/>
    public async ValueTask<EntryPage> QueryOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, PageLimit limit, CancellationToken cancellationToken) =>
        originators.Count == 0
            ? EntryPage.Empty
            : await store.ReadOriginatorsAsync([.. originators.Distinct()], after, new ReadFilter { NowSeconds = NowSeconds }, limit, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<LogEntry?>> NewestAsync(IReadOnlyList<Topic> topics, CancellationToken cancellationToken) =>
        topics.Count == 0 ? [] : await topicReader.NewestAsync(topics, NowSeconds, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<InboxId?>> InboxIdsAsync(IReadOnlyList<string> addressTexts, CancellationToken cancellationToken)
    {
        if (addressTexts.Count == 0) return [];
        // Before its start the feed cannot correct what would be remembered.
        if (!hub.Started.IsCompleted) return await store.ReadInboxIdsAsync(addressTexts, cancellationToken);
        var marks = await store.ReadMarksAsync(cancellationToken);
        var mark = marks[OriginatorId.IdentityUpdatesChain];
        if (hub.Applied[OriginatorId.IdentityUpdatesChain] < mark
            && !await hub.WaitForAsync(Cursor.Of(OriginatorId.IdentityUpdatesChain, mark), _options.FeedWait, cancellationToken))
        {
            // What is remembered may be older than an update that somebody was already told of.
            return await store.ReadInboxIdsAsync(addressTexts, cancellationToken);
        }

        var version = addresses.Version;
        var inboxes = new InboxId?[addressTexts.Count];
        List<int>? unknown = null;
        for (var at = 0; at < inboxes.Length; at++)
        {
            if (!addresses.TryGet(addressTexts[at], out inboxes[at])) (unknown ??= []).Add(at);
        }

        if (unknown is null) return inboxes;
        string[] asked = [.. unknown.Select(at => addressTexts[at])];
        var found = await store.ReadInboxIdsAsync(asked, cancellationToken);
        addresses.Fill(version, asked, found);
        for (var at = 0; at < asked.Length; at++)
        {
            inboxes[unknown[at]] = found[at];
        }

        return inboxes;
    }
}
