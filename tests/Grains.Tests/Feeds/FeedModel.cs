using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;
using XmtpOrleans.Testing;

namespace XmtpOrleans.Grains.Tests.Feeds;

/// <summary>A store, and logs over it whose rings lose batches when told to. Every read yields before it looks and before it answers, so that
/// appends fall in between.</summary>
internal sealed class FeedModel : IFeedSource
{
    private readonly TimeProvider _clock;
    private readonly Dictionary<OriginatorId, List<FeedBatch>> _rings = [];
    private readonly Dictionary<OriginatorId, Lease> _leases = [];
    private readonly List<TaskCompletionSource> _waiters = [];

    public FeedModel(TimeProvider clock)
    {
        _clock = clock;
        Store = new FakeEnvelopeStore(clock) { Before = EnterAsync, After = LeaveAsync };
    }

    public FakeEnvelopeStore Store { get; }

    public IReadOnlyList<OriginatorId> Followed { get; } = [new(0), new(1), new(100)];

    /// <summary>Whether nothing can be read from the store.</summary>
    public bool StoreAway { get; set; }

    /// <summary>Whether pages of logs fail.</summary>
    public bool LogReadsFail { get; set; }

    /// <summary>Whether logs answer at all.</summary>
    public bool LogsAway { get; set; }

    /// <summary>How often the store was asked what.</summary>
    /// <summary>How often the hub said that it had missed something.</summary>
    public int Misses { get; private set; }

    public Dictionary<StoreCall, int> Calls { get; } = [];

    /// <summary>The marks of all logs.</summary>
    public Cursor Marks { get; private set; } = Cursor.Empty;

    /// <summary>All that was appended, ascending.</summary>
    public IEnumerable<LogEntry> Everything =>
        Marks.SelectMany(mark => Store.Rows(mark.Key)).Select(row => row.Entry);

    public static Topic TopicOf(int number, TopicKind kind = TopicKind.GroupMessages) => Topic.Of(kind, [(byte)number, .. new byte[15]]);

    /// <summary>An entry to append; the log gives it its position.</summary>
    public static LogEntry New(
        Topic topic, bool servable = true, long expirySeconds = LogEntry.NeverExpires, AddressChange[]? changes = null, int bytes = 1) => new()
    {
        Originator = default,
        Sequence = default,
        OriginatorNs = 0,
        ArrivalUs = 0,
        ExpirySeconds = expirySeconds,
        Topic = topic,
        Bytes = new byte[bytes],
        Servable = servable,
        AddressChanges = changes ?? [],
    };

    public LogEntry[] Append(uint originator, params Topic[] topics) =>
        Append(originator, inRing: true, [.. topics.Select(topic => New(topic))]);

    /// <summary>Commits entries at the end of a log; the ring gets the batch, or loses it.</summary>
    public LogEntry[] Append(uint originator, bool inRing, params LogEntry[] entries)
    {
        var id = new OriginatorId(originator);
        var previous = Marks[id];
        var last = new SequenceId(previous.Value + (ulong)entries.Length);
        if (!_leases.TryGetValue(id, out var lease))
        {
            lease = Store.TakeLeaseAsync(id, CancellationToken.None).GetAwaiter().GetResult();
            _leases.Add(id, lease);
        }

        LogEntry[] placed = [.. entries.Select((entry, at) => Placed(entry, id, previous.Value + (ulong)at + 1))];
        var outcome = Store.AppendAsync(new LogAppend
        {
            Lease = lease,
            Previous = previous,
            Last = last,
            LastNs = placed[^1].OriginatorNs,
            Rows = [.. placed.Select(entry => new LogRow { Entry = entry })],
        }).GetAwaiter().GetResult();
        Assert.Equal(AppendOutcome.Committed, outcome);
        Marks = Marks.With(id, last);
        if (!_rings.TryGetValue(id, out var ring)) _rings.Add(id, ring = []);
        if (!inRing) return placed;
        ring.Add(new FeedBatch { Previous = previous, Last = last, Entries = placed });
        WakeReaders();
        return placed;
    }

    /// <summary>Forgets a ring's batches, as a log that moved does.</summary>
    public void ResetRing(uint originator) => _rings.GetValueOrDefault(new OriginatorId(originator))?.Clear();

    /// <summary>The first read of the marks, the one that starts the feed, waits for a task.</summary>
    public void HoldFirstMarks(Task held)
    {
        var before = Store.Before;
        Store.Before = async call =>
        {
            if (call == StoreCall.ReadMarks)
            {
                Store.Before = before;
                await held;
            }

            await before(call);
        };
    }

    /// <summary>Lets waiting reads of logs look again.</summary>
    public void WakeReaders()
    {
        TaskCompletionSource[] waiters = [.. _waiters];
        _waiters.Clear();
        foreach (var waiter in waiters)
        {
            waiter.TrySetResult();
        }
    }

    public async Task<FeedReply> ReadAsync(OriginatorId originator, SequenceId after, int maxBytes, TimeSpan wait)
    {
        await Task.Yield();
        var deadline = _clock.GetUtcNow() + wait;
        while (!LogsAway)
        {
            var ring = _rings.GetValueOrDefault(originator) ?? [];
            FeedBatch[] batches = [.. ring.Where(batch => batch.Last > after).Take(3)];
            if (batches.Length > 0 && batches[0] == ring[0] && batches[0].Previous > after) return Reply(FeedStatus.OlderThanRing, batches);
            if (batches.Length > 0) return Reply(FeedStatus.Current, batches);
            var left = deadline - _clock.GetUtcNow();
            if (left <= TimeSpan.Zero) return Reply(FeedStatus.Current);
            var waiter = new TaskCompletionSource();
            _waiters.Add(waiter);
            await using var timer = _clock.CreateTimer(_ => waiter.TrySetResult(), null, left, Timeout.InfiniteTimeSpan);
            await waiter.Task;
        }

        return Reply(FeedStatus.Ending);
    }

    public void Missed(OriginatorId originator) => Misses++;

    private static FeedReply Reply(FeedStatus status, params FeedBatch[] batches) => new() { Status = status, Batches = batches, Head = default };

    private LogEntry Placed(LogEntry entry, OriginatorId originator, ulong sequence) => new()
    {
        Originator = originator,
        Sequence = new SequenceId(sequence),
        OriginatorNs = (long)sequence,
        ArrivalUs = Everything.Count(),
        ExpirySeconds = entry.ExpirySeconds,
        Topic = entry.Topic,
        Bytes = entry.Bytes,
        Servable = entry.Servable,
        AddressChanges = entry.AddressChanges,
    };

    private async Task EnterAsync(StoreCall call)
    {
        Calls[call] = Calls.GetValueOrDefault(call) + 1;
        if (call is StoreCall.Append or StoreCall.TakeLease) return;
        await Task.Yield();
        if (StoreAway || (LogReadsFail && call == StoreCall.ReadLog)) throw new StoreException("away", null, isTransient: true);
    }

    private static async Task LeaveAsync(StoreCall call)
    {
        if (call is not (StoreCall.Append or StoreCall.TakeLease)) await Task.Yield();
    }
}
