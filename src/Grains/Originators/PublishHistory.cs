using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using XmtpOrleans.Protocol.Crypto;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Grains.Originators;

/// <summary>
/// What was published to a log lately: the same client envelope of the same payer is the same publish, within a batch, against what is being
/// committed, after a call that timed out and was repeated, and across restarts.
/// </summary>
internal sealed partial class PublishHistory
{
    // A read keeps SQLite's write-ahead log from starting over while it lasts, so each is short.
    private const int Page = 2_000;
    private const int KeySize = 16;

    private static readonly TimeSpan StorePause = TimeSpan.FromSeconds(1);

    private readonly IEnvelopeStore _store;
    private readonly Lease _lease;
    private readonly SequencerOptions _options;
    private readonly SequencerMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly DuplicateWindow _window;
    private readonly PayerLimits _reads;
    private readonly byte[] _fingerprintInput = new byte[KeySize + EthereumAddress.Size + KeySize];
    private readonly Wakeup _closing;
    private SequenceId _loadedFrom;
    private bool _isClosed;

    /// <summary>Knows nothing yet.</summary>
    public PublishHistory(
        IEnvelopeStore store, Lease lease, SequencerOptions options, PayerLimits reads, SequencerMetrics metrics, TimeProvider clock, ILogger logger)
    {
        (_store, _lease, _options, _reads, _metrics, _clock, _logger) = (store, lease, options, reads, metrics, clock, logger);
        _window = new DuplicateWindow(options.MaxDuplicateEntries);
        _closing = new Wakeup(clock);
        _loadedFrom = lease.Last.Next();
        lease.FingerprintKey.CopyTo(_fingerprintInput, 0);
    }

    /// <summary>Reads another page of the newest part, before the first publish: what a caller may be repeating right now. False when it is all there.</summary>
    /// <exception cref="StoreException">The store is away.</exception>
    public Task<bool> LoadRecentPageAsync() => LoadPageAsync(Before(NewestNs, _options.DuplicatePreload));

    /// <summary>Reads the rest, page by page behind the publishes, until it is all there or closed.</summary>
    public async Task LoadOlderAsync()
    {
        var more = true;
        while (more && !_isClosed)
        {
            try
            {
                more = await LoadPageAsync(Before(NewestNs, _options.DuplicateWindow));
            }
            catch (StoreException failure)
            {
                Log.FingerprintsUnread(_logger, failure, _lease.Originator);
                await _closing.WaitAsync(StorePause);
            }
        }

        Log.FingerprintsLoaded(_logger, _lease.Originator, _window.Count);
    }

    /// <summary>Reads no more.</summary>
    public void Close()
    {
        _isClosed = true;
        _closing.Set();
    }

    /// <summary>Gives the entries of a batch their fingerprints, and those that were published before their answer: from memory where it
    /// reaches, else from the store. A request that cannot be judged because the store is away is answered so, and one whose payer repeats too much
    /// of what only the store has is told to come later.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="committing">The batch before it, until that is committed.</param>
    /// <param name="ring">The last commits.</param>
    /// <param name="nowNs">The time that the age of a publish is judged at.</param>
    public Task FindAsync(SequencerBatch batch, SequencerBatch? committing, LogRing ring, long nowNs)
    {
        List<Task>? reads = null;
        var sinceNs = Before(nowNs, _options.DuplicateWindow);
        foreach (var publish in batch.Publishes)
        {
            var (payer, entries) = (publish.Request.Payer, publish.Request.Entries);
            List<(int At, SequenceId Sequence)>? asked = null;
            for (var at = 0; at < entries.Length; at++)
            {
                publish.Fingerprints[at] = FingerprintOf(payer, entries[at]);
                if (!_window.TryFind(publish.Fingerprints[at], out var sequence)) continue;
                if (committing is not null && committing.TryFind(sequence, out var row))
                {
                    if (row.IsSame(entries[at], payer)) publish.Rows[at] = row;
                }
                else if (ring.TryFind(sequence, out var stored))
                {
                    if (IsSame(stored, entries[at], sinceNs)) publish.Stored[at] = stored.Bytes;
                }
                else
                {
                    (asked ??= []).Add((at, sequence));
                }
            }

            if (asked is null) continue;
            if (_reads.TryTake(payer, asked.Count, out var retryAfter))
            {
                (reads ??= []).AddRange(asked.Select(read => ReadAsync(publish, read.At, read.Sequence, sinceNs)));
            }
            else
            {
                publish.Refuse(PublishStatus.PayerLimited, retryAfter);
            }
        }

        return reads is null ? Task.CompletedTask : Task.WhenAll(reads);
    }

    /// <summary>Remembers the rows of a batch that is about to be committed, and forgets what is too old.</summary>
    public void Add(SequencerBatch batch)
    {
        if (batch.Rows.Count == 0) return;
        foreach (var row in batch.Rows)
        {
            _window.Add(row.Fingerprint, row.Sequence, row.OriginatorNs);
        }

        var newestNs = batch.Rows[^1].OriginatorNs;
        _window.Trim(Before(newestNs, _options.DuplicateWindow));
        _metrics.WindowReach(TimeSpan.FromMicroseconds((newestNs - _window.OldestNs) / 1_000));
    }

    // An owner whose clock was behind may have stamped a moment ago what looks old now.
    private long NewestNs => Math.Min(_lease.LastNs, ClockGuard.Nanoseconds(_clock.GetUtcNow()));

    // Without the store's key nobody can make two publishes share a fingerprint.
    private long FingerprintOf(EthereumAddress payer, PublishEntry entry)
    {
        payer.CopyTo(_fingerprintInput.AsSpan(KeySize));
        BinaryPrimitives.WriteUInt128BigEndian(_fingerprintInput.AsSpan(KeySize + EthereumAddress.Size), entry.ClientDigest);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(_fingerprintInput, hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }

    private async Task ReadAsync(PendingPublish publish, int at, SequenceId sequence, long sinceNs)
    {
        try
        {
            var stored = await _store.ReadEntryAsync(_lease.Originator, sequence, CancellationToken.None);
            if (stored is not null && IsSame(stored, publish.Request.Entries[at], sinceNs)) publish.Stored[at] = stored.Bytes;
        }
        catch (StoreException failure)
        {
            Log.DuplicateUnread(_logger, failure, _lease.Originator);
            publish.Refuse(PublishStatus.Unavailable, StorePause);
        }
    }

    // The payer is part of the keyed fingerprint that led here, so that the client's bytes are left to compare.
    private static bool IsSame(LogEntry stored, PublishEntry entry, long sinceNs) =>
        stored.OriginatorNs >= sinceNs
        && SealedEnvelope.TryParse(stored.Bytes, out var envelope, out _)
        && envelope.Payer.Client.Bytes.Span.SequenceEqual(entry.ClientEnvelope);

    private async Task<bool> LoadPageAsync(long sinceNs)
    {
        var page = await _store.ReadFingerprintsAsync(_lease.Originator, sinceNs, _loadedFrom, Page, CancellationToken.None);
        foreach (var stored in page)
        {
            if (!_window.AddOlder(stored)) return false;
            _loadedFrom = stored.Sequence;
        }

        return page.Count == Page;
    }

    private static long Before(long ns, TimeSpan span) => ns - (span.Ticks * TimeSpan.NanosecondsPerTick);
}
