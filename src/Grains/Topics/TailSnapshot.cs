using System.Diagnostics.CodeAnalysis;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>The end of a topic over all logs at one moment.</summary>
internal sealed class TailSnapshot
{
    private readonly TailLog[] _logs; // ascending by originator

    private TailSnapshot(TailLog[] logs)
    {
        _logs = logs;
        foreach (ref readonly var log in logs.AsSpan())
        {
            Bytes += log.Bytes;
        }
    }

    /// <summary>Bytes of the envelopes.</summary>
    public long Bytes { get; }

    /// <summary>The end of a topic as the store gave it.</summary>
    public static TailSnapshot Of(TailPage page, PageLimit limit)
    {
        var logs = new SortedDictionary<OriginatorId, TailLog>();
        foreach (var (originator, floor) in page.Floor)
        {
            logs.Add(originator, TailLog.After(originator, floor));
        }

        foreach (var entry in page.Entries)
        {
            var log = logs.TryGetValue(entry.Originator, out var known) ? known : TailLog.After(entry.Originator, default);
            logs[entry.Originator] = log.Append(entry, limit);
        }

        return new TailSnapshot([.. logs.Values]);
    }

    /// <summary>This snapshot with further entries of one log; only the latest snapshot may be appended to.</summary>
    public TailSnapshot Append(ReadOnlySpan<LogEntry> entries, PageLimit limit)
    {
        var originator = entries[0].Originator;
        var at = Array.FindIndex(_logs, log => log.Originator >= originator);
        at = at < 0 ? _logs.Length : at;
        var isNew = at == _logs.Length || _logs[at].Originator != originator;
        var log = isNew ? TailLog.After(originator, default) : _logs[at];
        foreach (var entry in entries)
        {
            log = log.Append(entry, limit);
        }

        return new TailSnapshot([.. _logs.AsSpan(0, at), log, .. _logs.AsSpan(isNew ? at : at + 1)]);
    }

    /// <summary>The answer to a query: the entries after its cursor up to its marks, or that the store has to be asked.</summary>
    public TopicReply Query(TopicQuery query, TopicKind kind) => TryQuery(query, kind, out var reply) ? reply : TopicReply.AskStore;

    /// <summary>The newest entry, or that the store has to be asked.</summary>
    public TopicReply Newest(TopicQuery query, TopicKind kind)
    {
        if (!TryNewest(query, kind, out var newest)) return TopicReply.AskStore;
        return newest is null ? TopicReply.Nothing : new TopicReply { Status = TopicReplyStatus.Answered, Entries = [newest] };
    }

    // False when the query reaches back further than this snapshot.
    private bool TryQuery(TopicQuery query, TopicKind kind, [NotNullWhen(true)] out TopicReply? reply)
    {
        List<LogEntry>? found = null;
        var bytes = 0;
        reply = null;
        foreach (ref readonly var log in _logs.AsSpan())
        {
            var after = query.After[log.Originator];
            if (after < log.Floor) return false;
            var mark = query.Marks[log.Originator];
            foreach (var entry in log.EntriesAfter(after))
            {
                if (entry.Sequence > mark) break;
                if (entry.IsExpired(query.NowSeconds) && !IsNewestKeyPackage(entry, kind)) continue;
                bytes += entry.Bytes.Length;
                if (found is not null && (found.Count >= query.Count || bytes > query.Bytes))
                {
                    reply = new TopicReply { Status = TopicReplyStatus.Answered, Entries = [.. found], More = true };
                    return true;
                }

                (found ??= []).Add(entry);
            }
        }

        reply = found is null ? TopicReply.Nothing : new TopicReply { Status = TopicReplyStatus.Answered, Entries = [.. found] };
        return true;
    }

    // False when the newest may be older than this snapshot reaches.
    private bool TryNewest(TopicQuery query, TopicKind kind, out LogEntry? newest)
    {
        newest = null;
        foreach (ref readonly var log in _logs.AsSpan())
        {
            var entries = log.Entries;
            var at = entries.Length - 1;
            // Within a log the last is the newest; an expired key package stays as long as it is the newest (02 §12.1).
            while (at >= 0 && kind != TopicKind.KeyPackages && entries[at].IsExpired(query.NowSeconds)) at--;
            if (at < 0 && log.Floor > default(SequenceId)) return false;
            if (at >= 0 && (newest is null || IsNewer(entries[at], newest, kind))) newest = entries[at];
        }

        return true;
    }

    private static bool IsNewer(LogEntry entry, LogEntry other, TopicKind kind)
    {
        var (time, otherTime) = kind == TopicKind.KeyPackages
            ? (entry.OriginatorNs, other.OriginatorNs)
            : (entry.ArrivalUs, other.ArrivalUs);
        return (time, entry.Originator).CompareTo((otherTime, other.Originator)) > 0;
    }

    private bool IsNewestKeyPackage(LogEntry entry, TopicKind kind)
    {
        if (kind != TopicKind.KeyPackages) return false;
        foreach (ref readonly var log in _logs.AsSpan())
        {
            if (log.Entries is [.., var last] && last != entry && IsNewer(last, entry, kind)) return false;
        }

        return true;
    }
}
