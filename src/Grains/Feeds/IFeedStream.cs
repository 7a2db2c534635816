namespace XmtpOrleans.Grains.Feeds;

/// <summary>One reader's stream. Used by one caller at a time; disposing it forgets the reader.</summary>
public interface IFeedStream : IAsyncDisposable
{
    /// <summary>The next batch; waits for it without a time limit. After an end every call returns that end.</summary>
    ValueTask<FeedStreamBatch> ReadAsync(CancellationToken cancellationToken);
}
