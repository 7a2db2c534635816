using XmtpOrleans.Grains.Originators;

namespace XmtpOrleans.Testing;

/// <summary>Publishes of callers with patience.</summary>
public static class PublisherCalls
{
    /// <summary>Publishes for a caller that waits as long as the publisher's budget.</summary>
    public static Task<PublishOutcome> PublishAsync(this IPublisher publisher, PublishRequest request, CancellationToken cancellationToken) =>
        publisher.PublishAsync(request, Timeout.InfiniteTimeSpan, cancellationToken);
}
