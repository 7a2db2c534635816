using System.Collections.Concurrent;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Tests.Nodes;

/// <summary>A process's reads, answered by the test.</summary>
internal sealed class FakeReader : INodeReader
{
    public Cursor Marks { get; set; } = Cursor.Empty;

    /// <summary>What a wait for marks waits for, whatever its limit.</summary>
    public Task MarksWait { get; set; } = Task.CompletedTask;

    public Dictionary<Topic, LogEntry> Newest { get; } = [];

    public Dictionary<string, InboxId> Inboxes { get; } = [];

    /// <summary>Limits of the queries by topic.</summary>
    public ConcurrentQueue<PageLimit> Limits { get; } = [];

    /// <summary>What was waited for, and how long at most.</summary>
    public ConcurrentQueue<(Cursor Cursor, TimeSpan Wait)> Waits { get; } = [];

    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Marks);

    public async ValueTask<Cursor> WaitForMarksAsync(Cursor cursor, TimeSpan wait, CancellationToken cancellationToken)
    {
        Waits.Enqueue((cursor, wait));
        await MarksWait.WaitAsync(cancellationToken);
        return Marks;
    }

    public ValueTask<EntryPage> QueryTopicsAsync(
        IReadOnlyList<Topic> topics, Cursor after, PageLimit limit, CancellationToken cancellationToken)
    {
        Limits.Enqueue(limit);
        return ValueTask.FromResult(EntryPage.Empty);
    }

    public ValueTask<EntryPage> QueryOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, PageLimit limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult(EntryPage.Empty);

    public ValueTask<IReadOnlyList<LogEntry?>> NewestAsync(IReadOnlyList<Topic> topics, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<LogEntry?>>([.. topics.Select(topic => Newest.GetValueOrDefault(topic))]);

    public ValueTask<IReadOnlyList<InboxId?>> InboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<InboxId?>>([.. addresses.Select(address => Inboxes.TryGetValue(address, out var inbox) ? inbox : default(InboxId?))]);
}
