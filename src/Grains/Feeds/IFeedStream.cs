namespace XmtpOrleans.Grains.Feeds;

/// <summary>One reader's stream. Used by one caller at a time; disposing it forgets the reader.</summary>
public interface IFeedStream : IAsyncDisposable
{
    /// <summary>The next batch, or <see cref="FeedStreamKind.Idle"/> when nothing came for <paramref name="idleAfter"/> (keep-alives are due
    /// then, and no exception is paid for them). After an end every call returns that end.</summary>
    ValueTask<FeedStreamBatch> ReadAsync(TimeSpan idleAfter, CancellationToken cancellationToken);
}
