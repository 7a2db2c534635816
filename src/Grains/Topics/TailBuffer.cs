using System.Runtime.InteropServices;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>The end of one topic, kept by the feed. Everything but <see cref="Snapshot"/> belongs to <see cref="TopicTails"/> and its lock.</summary>
internal sealed class TailBuffer(Topic topic, PageLimit perLog)
{
    private const int PendingFactor = 4;

    private volatile TailSnapshot? _snapshot;
    private List<LogEntry>? _pending; // what passes while the store is read
    private readonly List<LogEntry> _staged = [];

    public Topic Topic { get; } = topic;

    /// <summary>The topic's end; <see langword="null"/> while it has to be loaded (again).</summary>
    public TailSnapshot? Snapshot => _snapshot;

    /// <summary>Bytes of the envelopes held.</summary>
    public long Bytes { get; private set; }

    /// <summary>Begins to keep what passes.</summary>
    public void StartLoading() => (_snapshot, _pending, Bytes) = (null, [], 0);

    /// <summary>Forgets everything; a load under way comes to nothing.</summary>
    public void Drop() => (_snapshot, _pending, Bytes) = (null, null, 0);

    /// <summary>Completes a load: what the store had up to the ceiling, then what passed. <see langword="false"/> when it was dropped meanwhile.</summary>
    public bool Fill(TailPage page, Cursor ceiling)
    {
        if (_pending is null) return false;
        var snapshot = TailSnapshot.Of(page, perLog);
        foreach (var entry in _pending)
        {
            if (entry.Sequence > ceiling[entry.Originator]) snapshot = snapshot.Append([entry], perLog);
        }

        (_pending, _snapshot, Bytes) = (null, snapshot, snapshot.Bytes);
        return true;
    }

    /// <summary>Takes an entry of the commit that passes; true for the first, so that <see cref="Publish"/> is called once at its end.</summary>
    public bool Stage(LogEntry entry)
    {
        _staged.Add(entry);
        return _staged.Count == 1;
    }

    /// <summary>Shows the staged entries to readers.</summary>
    public void Publish()
    {
        if (_snapshot is { } snapshot)
        {
            snapshot = snapshot.Append(CollectionsMarshal.AsSpan(_staged), perLog);
            (_snapshot, Bytes) = (snapshot, snapshot.Bytes);
        }
        else if (_pending is not null)
        {
            _pending.AddRange(_staged);
            if (_pending.Count > perLog.Count * PendingFactor) Drop(); // the store is too slow; load again
        }

        _staged.Clear();
    }
}
