using System.Runtime.InteropServices;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Storage.Sqlite;

/// <summary>A read of several logs, in steps: a step ends early when it only passed what expired, so that others get the reader's thread.</summary>
internal sealed class SqliteLogScan(
    IReadOnlyList<OriginatorId> originators, Cursor after, Cursor marks, ReadFilter filter, PageLimit limit, ExpiredStretches expired)
{
    private readonly OriginatorId[] _logs = [.. originators.Order()];
    private readonly PageBuilder _page = new(limit);
    private readonly Dictionary<Topic, int>? _taken = filter.PerPair > 0 ? [] : null;
    private int _log;
    private SequenceId? _at; // in the log; null before its first row

    /// <summary>What was found, once <see cref="Continue"/> is done.</summary>
    public EntryPage Page => _page.Build();

    /// <summary>Goes on where the step before ended; <see langword="true"/> when the page is complete.</summary>
    public bool Continue(SqliteSession session)
    {
        var newest = new SqliteReads.NewestKeyPackages(session, marks, filter);
        var left = ExpiredStretches.PositionsPerScan;
        for (; _log < _logs.Length; (_log, _at) = (_log + 1, null))
        {
            if (_at is null) _taken?.Clear();
            switch (Scan(session, newest, ref left))
            {
                case Outcome.PageIsFull: return true;
                case Outcome.StepIsOver: return false;
                default: break;
            }
        }

        return true;
    }

    private Outcome Scan(SqliteSession session, SqliteReads.NewestKeyPackages newest, ref int left)
    {
        var originator = _logs[_log];
        var upTo = SqliteReads.Ceiling(filter, originator);
        var at = expired.Skip(originator, _at ?? after[originator], filter.NowSeconds);
        if (upTo <= at) return Outcome.LogIsOver;
        var shown = at;
        var scan = session.Statement(SqliteReads.ScanLogSql).Bind(1, originator.Value).Bind(2, (long)at.Value).Bind(3, (long)upTo.Value);
        try
        {
            while (scan.Step())
            {
                var position = SqliteReads.Columns.Position(scan);
                if (scan.Integer(SqliteReads.Columns.Expiry) <= filter.NowSeconds
                    && !newest.Contains(SqliteReads.Columns.Topic(scan), position))
                {
                    at = position.Item2;
                    if (--left > 0) continue;
                    _at = at;
                    return Outcome.StepIsOver;
                }

                expired.Add(originator, shown, new SequenceId(position.Item2.Value - 1), filter.NowSeconds);
                shown = at = position.Item2;
                if (_taken is not null && !TakeOfPair(_taken, SqliteReads.Columns.Topic(scan)))
                {
                    _page.More = true;
                    continue;
                }

                if (!_page.Fits(scan.Blob(SqliteReads.Columns.Bytes).Length)) return Outcome.PageIsFull;
                _page.Add(SqliteReads.Columns.Entry(scan));
            }

            return Outcome.LogIsOver;
        }
        finally
        {
            scan.Reset();
            expired.Add(originator, shown, at, filter.NowSeconds);
        }
    }

    private bool TakeOfPair(Dictionary<Topic, int> taken, Topic topic)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(taken, topic, out _);
        if (count == filter.PerPair) return false;
        count++;
        return true;
    }

    private enum Outcome
    {
        LogIsOver,
        StepIsOver,
        PageIsFull,
    }
}
