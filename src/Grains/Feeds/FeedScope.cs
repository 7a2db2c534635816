using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>What a stream follows: which slices it gets, how its history is read, which entries it already has.</summary>
internal abstract class FeedScope
{
    /// <summary>Where the stream starts in each log; <see langword="null"/> where the feed stands when it opens, without history.</summary>
    public abstract Cursor? Start { get; }

    /// <summary>Whether some entries of live slices must be left out even though the stream's position is before them.</summary>
    public virtual bool HasAhead => false;

    public abstract void Register(FeedHub hub, FeedStream stream);

    public abstract void Unregister(FeedHub hub, FeedStream stream);

    /// <summary>Entries after a position up to a ceiling, ascending by (originator, sequence id) over the whole page.</summary>
    public abstract Task<EntryPage> ReadAsync(
        IEnvelopeStore store, Cursor after, Cursor ceiling, long nowSeconds, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>Everything up to the ceiling was handed out; from now on the stream's own position says where it stands.</summary>
    public virtual void CaughtUp(Cursor ceiling)
    {
    }

    /// <summary>Whether the reader had this entry before it opened the stream; asked only with <see cref="HasAhead"/>.</summary>
    public virtual bool Has(LogEntry entry) => false;
}

/// <summary>Logs, from a cursor or from now on.</summary>
internal sealed class OriginatorScope(IReadOnlyList<OriginatorId> originators, Cursor? after) : FeedScope
{
    private readonly OriginatorId[] _originators = [.. originators.Distinct()];

    public override Cursor? Start => after;

    public override void Register(FeedHub hub, FeedStream stream) => hub.Register(stream, fanOut =>
    {
        foreach (var originator in _originators)
        {
            fanOut.Add(originator, stream);
        }
    });

    public override void Unregister(FeedHub hub, FeedStream stream) => hub.Unregister(stream, fanOut =>
    {
        foreach (var originator in _originators)
        {
            fanOut.Remove(originator, stream);
        }
    });

    // A log is signed history: it is complete, whatever has expired, as long as it is stored.
    public override Task<EntryPage> ReadAsync(
        IEnvelopeStore store, Cursor after, Cursor ceiling, long nowSeconds, PageLimit limit, CancellationToken cancellationToken) =>
        store.ReadOriginatorsAsync(
            _originators, after, new ReadFilter { NowSeconds = long.MinValue, UpTo = ceiling }, limit, cancellationToken);
}

/// <summary>Every log, from now on.</summary>
internal sealed class AllScope : FeedScope
{
    public override Cursor? Start => null;

    public override void Register(FeedHub hub, FeedStream stream) => hub.Register(stream, fanOut => fanOut.AddToAll(stream));

    public override void Unregister(FeedHub hub, FeedStream stream) => hub.Unregister(stream, fanOut => fanOut.RemoveFromAll(stream));

    public override async Task<EntryPage> ReadAsync(
        IEnvelopeStore store, Cursor after, Cursor ceiling, long nowSeconds, PageLimit limit, CancellationToken cancellationToken)
    {
        var filter = new ReadFilter { NowSeconds = nowSeconds, UpTo = ceiling };
        while (true)
        {
            var page = await store.ReadOriginatorsAsync([.. ceiling.Select(mark => mark.Key)], after, filter, limit, cancellationToken);
            var shown = page.Entries.Where(entry => entry.Servable).ToArray();
            if (shown.Length == page.Entries.Count) return page;
            if (shown.Length > 0 || !page.More) return new EntryPage(shown, page.More);
            after = FeedStream.Advance(after, ceiling, page.Entries[^1]);
        }
    }
}
