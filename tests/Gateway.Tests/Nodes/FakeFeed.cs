using System.Runtime.CompilerServices;
using System.Threading.Channels;
using XmtpOrleans.Grains.Feeds;
using XmtpOrleans.Grains.Originators;
using XmtpOrleans.Protocol.Cursors;
using XmtpOrleans.Protocol.Envelopes;

namespace XmtpOrleans.Gateway.Tests.Nodes;

/// <summary>A feed whose every stream hands out what the test says.</summary>
internal sealed class FakeFeed : IFeed, IFeedStream
{
    private readonly Channel<FeedStreamBatch> _batches = Channel.CreateUnbounded<FeedStreamBatch>();
    private readonly Channel<Cursor> _marks = Channel.CreateUnbounded<Cursor>();

    public IReadOnlyList<TopicPosition> Topics { get; private set; } = [];

    public Cursor? After { get; private set; } = Cursor.Empty;

    public TimeSpan IdleAfter { get; private set; }

    public void Push(FeedStreamKind kind) => _batches.Writer.TryWrite(FeedStreamBatch.Of(kind));

    public void Push(params LogEntry[] entries) => _batches.Writer.TryWrite(new FeedStreamBatch(FeedStreamKind.Entries, FeedEntries.Create(entries)));

    public void PushMarks(Cursor marks) => _marks.Writer.TryWrite(marks);

    public IFeedStream FollowTopics(IReadOnlyList<TopicPosition> topics)
    {
        Topics = topics;
        return this;
    }

    public IFeedStream FollowOriginators(IReadOnlyList<OriginatorId> originators, Cursor? after)
    {
        After = after;
        return this;
    }

    public IFeedStream FollowAll() => this;

    public async IAsyncEnumerable<Cursor> FollowMarksAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var marks in _marks.Reader.ReadAllAsync(cancellationToken)) yield return marks;
    }

    public ValueTask<bool> WaitForAsync(Cursor marks, TimeSpan wait, CancellationToken cancellationToken) => ValueTask.FromResult(true);

    public ValueTask<FeedStreamBatch> ReadAsync(TimeSpan idleAfter, CancellationToken cancellationToken)
    {
        IdleAfter = idleAfter;
        return _batches.Reader.ReadAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
