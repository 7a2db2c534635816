using BitFaster.Caching.Lru;
using Microsoft.Extensions.Options;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;

namespace XmtpOrleans.Grains.Inboxes;

/// <summary>Which inbox an address belongs to, as far as this process was asked: filled by reads, corrected by the feed of identity updates,
/// never the truth. An address of no inbox is remembered too.</summary>
internal sealed class AddressCache(IOptions<ReadingOptions> options) : IFeedTap
{
    // Callers choose the texts: no address is longer, and a cache bounded by count must not keep a megabyte of each.
    private const int LongestAddress = 64;

    private readonly ConcurrentLru<string, InboxId?> _inboxes = new(options.Value.AddressCapacity);
    private readonly Lock _gate = new(); // fills against the feed; lookups take no lock
    private long _version; // written under _gate

    /// <summary>Changes whenever an identity update passes. Read it before the store, and hand it to <see cref="Fill"/>.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>Addresses remembered.</summary>
    public int Count => _inboxes.Count;

    /// <summary>Whether the address is remembered, as of the feed's position.</summary>
    public bool TryGet(string address, out InboxId? inbox) => _inboxes.TryGet(address, out inbox);

    /// <summary>Remembers what the store said, unless an identity update passed since <paramref name="version"/>: the answer may be older than it.</summary>
    public void Fill(long version, IReadOnlyList<string> addresses, IReadOnlyList<InboxId?> inboxes)
    {
        lock (_gate)
        {
            if (_version != version) return;
            for (var at = 0; at < addresses.Count; at++)
            {
                if (addresses[at].Length <= LongestAddress) _inboxes.AddOrUpdate(addresses[at], inboxes[at]);
            }
        }
    }

    /// <inheritdoc/>
    public void Take(OriginatorId originator, ReadOnlySpan<LogEntry> entries, bool replayed)
    {
        if (originator != OriginatorId.IdentityUpdatesChain) return;
        lock (_gate)
        {
            _version++;
            if (replayed) _inboxes.Clear(); // the store does not say which addresses an update changed
            foreach (var entry in entries)
            {
                foreach (var change in entry.AddressChanges)
                {
                    _inboxes.TryRemove(change.Address);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Skip(OriginatorId originator)
    {
        if (originator != OriginatorId.IdentityUpdatesChain) return;
        lock (_gate)
        {
            _version++;
            _inboxes.Clear();
        }
    }
}
