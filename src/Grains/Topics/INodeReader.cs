using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Grains.Topics;

/// <summary>Reads of one process. Each sees everything that any process of the node answered before the read arrived (invariant I4).</summary>
public interface INodeReader
{
    /// <summary>The marks of all logs as of this call.</summary>
    ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken);

    /// <summary>Waits until the marks reach a cursor, at most <paramref name="wait"/>; returns the marks it last saw.</summary>
    ValueTask<Cursor> WaitForMarksAsync(Cursor cursor, TimeSpan wait, CancellationToken cancellationToken);

    /// <summary>Servable entries of topics after one shared cursor, ascending by (originator, sequence id), cut by the limit.</summary>
    ValueTask<EntryPage> QueryTopicsAsync(
        IReadOnlyList<Topic> topics, Cursor after, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>Entries of logs after a cursor, ascending by (originator, sequence id), cut by the limit.</summary>
    ValueTask<EntryPage> QueryOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, PageLimit limit, CancellationToken cancellationToken);

    /// <summary>The newest entry of each topic at the same index; <see langword="null"/> where there is none (02 §12.1).</summary>
    ValueTask<IReadOnlyList<LogEntry?>> NewestAsync(IReadOnlyList<Topic> topics, CancellationToken cancellationToken);

    /// <summary>The inbox of each address (lower-case hex with 0x) at the same index; <see langword="null"/> where there is none.</summary>
    ValueTask<IReadOnlyList<InboxId?>> InboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken);
}
