namespace XmtpOrleans.Grains.Feeds;

/// <summary>One reader's stream. Used by one caller at a time; disposing it forgets the reader.</summary>
public interface IFeedStream : IAsyncDisposable
{
    /// <summary>The next batch, or <see cref="FeedStreamKind.Idle"/> when nothing was handed out for <paramref name="idleAfter"/>, give or take
    /// half a second (keep-alives are due then, and neither a timer nor an exception is paid for them). After an end every call returns that end.</summary>
    /// <param name="idleAfter">How long to stay silent; <see cref="Timeout.InfiniteTimeSpan"/> for ever.</param>
    /// <param name="cancellationToken">Ends the wait. Pass the same token to every call: a change costs.</param>
    /// <exception cref="Originators.StoreException">History could not be read; reading again continues at the same place.</exception>
    ValueTask<FeedStreamBatch> ReadAsync(TimeSpan idleAfter, CancellationToken cancellationToken);
}
