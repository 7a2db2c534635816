using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Grains.Topics;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;
using XmtpOrleans.Protocol.Identity;
using XmtpOrleans.Protocol.Topics;

namespace XmtpOrleans.Gateway.Tests.Nodes;

/// <summary>Knows marks, which a test moves, and nothing else.</summary>
internal sealed class MarksReader : INodeReader
{
    private readonly TaskCompletionSource<Cursor> _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Cursor Marks { get; set; } = Cursor.Empty;

    /// <summary>Completes when somebody waits for marks.</summary>
    public TaskCompletionSource Waiting { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends the wait with these marks.</summary>
    public void Reach(Cursor marks) => _reached.SetResult(marks);

    public ValueTask<Cursor> ReadMarksAsync(CancellationToken cancellationToken) => new(Marks);

    public async ValueTask<Cursor> WaitForMarksAsync(Cursor cursor, TimeSpan wait, CancellationToken cancellationToken)
    {
        Waiting.TrySetResult();
        return await _reached.Task.WaitAsync(cancellationToken);
    }

    public ValueTask<EntryPage> QueryTopicsAsync(
        IReadOnlyList<Topic> topics, Cursor after, PageLimit limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<EntryPage> QueryOriginatorsAsync(
        IReadOnlyList<OriginatorId> originators, Cursor after, PageLimit limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<LogEntry?>> NewestAsync(IReadOnlyList<Topic> topics, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<IReadOnlyList<InboxId?>> InboxIdsAsync(IReadOnlyList<string> addresses, CancellationToken cancellationToken) =>
        throw new NotSupportedException();
}
