using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The way of one process to the sequencer: collects what arrives while a call is in flight and sends it as one.</summary>
public interface IPublisher
{
    /// <summary>Takes room for a request before any costly check of it; <see langword="false"/> when the queue is full by count or bytes
    /// or the process is draining, and then <paramref name="retryAfter"/> says how long to stay away.</summary>
    bool TryReserve(int count, int bytes, [NotNullWhen(true)] out IDisposable? reservation, out TimeSpan retryAfter);

    /// <summary>Publishes a checked request and waits for its outcome. Cancelling ends the wait, and what has not begun by then; never a commit.</summary>
    /// <param name="request">What is published.</param>
    /// <param name="patience">How long the caller will wait; longer than the publisher's budget, or <see cref="Timeout.InfiniteTimeSpan"/>, is as long as that.</param>
    /// <param name="cancellationToken">Fires when the caller waits no longer.</param>
    Task<PublishOutcome> PublishAsync(PublishRequest request, TimeSpan patience, CancellationToken cancellationToken);
}
