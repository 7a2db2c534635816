namespace XmtpOrleans.Grains.Feeds;

/// <summary>One reader's stream. Used by one caller at a time; disposing it forgets the reader.</summary>
public interface IFeedStream : IAsyncDisposable
{
    /// <summary>How long nothing may be handed out before a read answers <see cref="FeedStreamKind.Idle"/>, give or take half a second.
    /// Costs nothing per read. Default: <see cref="Timeout.InfiniteTimeSpan"/>, never.</summary>
    TimeSpan IdleAfter { get; set; }

    /// <summary>The next batch; waits for it. After an end every call returns that end. Pass the same token to every call: a change costs.</summary>
    /// <exception cref="Originators.StoreException">History could not be read; reading again continues at the same place.</exception>
    ValueTask<FeedStreamBatch> ReadAsync(CancellationToken cancellationToken);
}
