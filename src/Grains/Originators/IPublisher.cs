using System.Diagnostics.CodeAnalysis;

namespace XmtpOrleans.Grains.Originators;

/// <summary>The way of one process to the sequencer: collects what arrives while a call is in flight and sends it as one.</summary>
public interface IPublisher
{
    /// <summary>Takes room for a request before any costly check of it; <see langword="false"/> when the queue is full by count or bytes
    /// or the process is draining, and then <paramref name="retryAfter"/> says how long to stay away.</summary>
    bool TryReserve(int count, int bytes, [NotNullWhen(true)] out IDisposable? reservation, out TimeSpan retryAfter);

    /// <summary>Publishes a checked request and waits for its outcome. Cancelling ends the wait, never the commit.</summary>
    Task<PublishOutcome> PublishAsync(PublishRequest request, CancellationToken cancellationToken);
}
