using System.Diagnostics.Metrics;

namespace XmtpOrleans.Grains.Feeds;

/// <summary>What the live feed of this process counts.</summary>
internal sealed class FeedMetrics
{
    private readonly Counter<long> _entries;
    private readonly Counter<long> _replayed;
    private readonly Counter<long> _deliveries;
    private readonly Counter<long> _lapses;
    private readonly Counter<long> _skips;
    private readonly Counter<long> _losses;
    private readonly Counter<long> _resubscriptions;
    private readonly UpDownCounter<long> _streams;

    public FeedMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("XmtpOrleans.Feeds");
        _entries = meter.CreateCounter<long>("xmtp.feed.entries", "{envelope}", "Envelopes that passed this process's feed.");
        _replayed = meter.CreateCounter<long>("xmtp.feed.replayed", "{envelope}", "Envelopes of the feed that had to be read from the store.");
        _deliveries = meter.CreateCounter<long>("xmtp.feed.deliveries", "{delivery}", "Commits offered to streams, counted per topic and stream.");
        _lapses = meter.CreateCounter<long>("xmtp.feed.lapses", "{lapse}", "Times a slow stream went back to reading history.");
        _skips = meter.CreateCounter<long>("xmtp.feed.skips", "{skip}", "Times the feed jumped over a gap too long to replay.");
        _losses = meter.CreateCounter<long>("xmtp.feed.losses", "{loss}", "Times all streams were ended because the feed did not advance.");
        _resubscriptions = meter.CreateCounter<long>(
            "xmtp.feed.resubscriptions", "{subscription}", "Times this process's subscription to a log's stream was lost or silent and was renewed.");
        _streams = meter.CreateUpDownCounter<long>("xmtp.feed.streams", "{stream}", "Open streams.");
    }

    public void Applied(int entries, int deliveries, bool replayed)
    {
        _entries.Add(entries);
        if (deliveries > 0) _deliveries.Add(deliveries);
        if (replayed) _replayed.Add(entries);
    }

    public void Lapsed() => _lapses.Add(1);

    public void Skipped() => _skips.Add(1);

    public void Lost() => _losses.Add(1);

    public void Resubscribed() => _resubscriptions.Add(1);

    public void StreamOpened() => _streams.Add(1);

    public void StreamClosed() => _streams.Add(-1);
}
